"""Numerics: channelizers and shallow water."""
