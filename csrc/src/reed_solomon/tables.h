/* The constants of the Reed-Solomon kernels; make_tables.py writes tables.c.
 *
 * Linear maps of octets (multiplication by a constant, change of basis) come in several forms, and each level takes the
 * one that it applies fastest. In tables with [basis], 0 is the conventional basis and 1 the dual one. */
#ifndef SKYRACK_SRC_REED_SOLOMON_TABLES_H
#define SKYRACK_SRC_REED_SOLOMON_TABLES_H
#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the tables hold octets as little-endian words");

typedef struct rs_columns { /* the images of bits 0..7, an octet each */
    uint64_t words[1];
} rs_columns;
typedef struct rs_matrix { /* eight rows, as gf2p8affineqb wants them */
    uint64_t words[1];
} rs_matrix;
typedef struct rs_lookup { /* sixteen octets to choose from by index */
    uint64_t words[2];
} rs_lookup;
typedef struct rs_nibbles { /* the images of 0x00..0x0f, and of 0x00, 0x10 .. 0xf0 */
    rs_lookup low, high;
} rs_nibbles;

/* [basis][k][half][n]: the parity of a codeword with one symbol only, n << 4 * half, which is 4 - k places before the
 * parity. */
extern const uint64_t rs_slices_32[2][4][2][16][4], rs_slices_16[2][4][2][16][2];

/* [basis][i]: multiplication by coefficient i + 1 of the generator. Its coefficients are the same from both ends, so
 * half of them suffices. */
extern const rs_nibbles rs_generator_nibbles_32[2][16], rs_generator_nibbles_16[2][8];
extern const rs_matrix rs_generator_matrix_32[2][16], rs_generator_matrix_16[2][8];

/* The maps that reed_solomon/solve.h needs; gamma = alpha^11. `columns` works in the field of CCSDS, `nibbles` in the
 * tower field of struct rs_tower, `matrix` in that of gf2p8mulb. */
#define RS_FIELD(map)                                                                                                  \
    {                                                                                                                  \
        map from_basis[2], to_basis[2];                                                                                \
        map roots[32];  /* gamma^(112 + j) */                                                                          \
        map cosets[17]; /* gamma^(120 k): the 17th roots of unity */                                                   \
        map third[1];   /* w, a third root of unity */                                                                 \
        map fifth[4];   /* z + z^4, z^3, z + z^3, z^3 + z^4 for z, a fifth root of unity */                            \
    }
struct rs_field_columns RS_FIELD(rs_columns);
struct rs_field_nibbles RS_FIELD(rs_nibbles);
struct rs_field_matrix RS_FIELD(rs_matrix);
extern const struct rs_field_columns rs_field_columns;
extern const struct rs_field_nibbles rs_field_nibbles;
extern const struct rs_field_matrix rs_field_matrix;

/* Products in the tower field, whose elements are a1 y + a0 over GF(16) with y^2 = y + nu, a1 in the high half.
 * Logarithms add modulo 15; one of 0x80 or more means zero. A power e comes out as e y + e, as nu e, and as e y. */
struct rs_tower {
    rs_lookup log, both, low, high;
};
extern const struct rs_tower rs_tower;
#endif
