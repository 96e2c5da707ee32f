/* What the writer and the reader of outlines share: headings and their steps. */
#ifndef SKYRACK_SRC_IMAGE_OUTLINES_H
#define SKYRACK_SRC_IMAGE_OUTLINES_H
#include "image/varint.h"

/* Anticlockwise in the picture as it is shown, so that a left turn adds 1. */
enum heading { EAST, NORTH, WEST, SOUTH, HEADINGS };
enum turn { STRAIGHT = 0, LEFT = 1, RIGHT = HEADINGS - 1 };

static inline enum heading turned(enum heading heading, enum turn turn) {
    return (enum heading)((heading + turn) % HEADINGS);
}
#endif
