"""A packet becomes a frame and a coded unit, is disturbed by noise, and is decoded again."""

import random

from link.channels.tm_receiver import TmReceiver
from link.channels.tm_sender import TmSender
from link.coding.tm import TmDecoder, TmEncoder
from link.managed import Managed, TmChannel
from link.packets.space_packet import SpacePacket

managed = Managed(spacecraft_id=42, tm_channels=(TmChannel(name="data", vc=0, queue_packets=10),))
sender, encoder = TmSender(managed), TmEncoder(managed)
sender.offer("data", SpacePacket(apid=3, count=0, data=b"where the water is").encode())
unit = bytearray(encoder.encode(sender.next_frame()))

dice = random.Random(1)
for place in dice.sample(range(4, len(unit)), 20):  # after the sync marker; Reed-Solomon corrects 16 symbols a codeword
    unit[place] ^= dice.randrange(1, 256)

decoder, receiver = TmDecoder(managed), TmReceiver(managed)
for frame in decoder.feed(b"noise before it" + bytes(unit)):
    for delivery in receiver.feed(frame):
        packet = SpacePacket.decode(delivery.packet)
        print(f"APID {packet.apid}: {packet.data.decode()}, {decoder.corrected_symbols} symbols corrected")
