/* The 256 sums (XOR) of eight constants, as an initialiser: entry i is the sum of those whose bit is set in i, bit 0
 * for `a`. Any table that is linear over GF(2) is written by its eight rows and expanded by the compiler. */
#ifndef SKYRACK_SRC_SPAN_H
#define SKYRACK_SRC_SPAN_H

#define SR_SPAN2(z, a) (z), (z) ^ (a)
#define SR_SPAN4(z, a, b) SR_SPAN2(z, a), SR_SPAN2((z) ^ (b), a)
#define SR_SPAN8(z, a, b, c) SR_SPAN4(z, a, b), SR_SPAN4((z) ^ (c), a, b)
#define SR_SPAN16(z, a, b, c, d) SR_SPAN8(z, a, b, c), SR_SPAN8((z) ^ (d), a, b, c)
#define SR_SPAN32(z, a, b, c, d, e) SR_SPAN16(z, a, b, c, d), SR_SPAN16((z) ^ (e), a, b, c, d)
#define SR_SPAN64(z, a, b, c, d, e, f) SR_SPAN32(z, a, b, c, d, e), SR_SPAN32((z) ^ (f), a, b, c, d, e)
#define SR_SPAN128(z, a, b, c, d, e, f, g) SR_SPAN64(z, a, b, c, d, e, f), SR_SPAN64((z) ^ (g), a, b, c, d, e, f)
#define SR_SPAN(a, b, c, d, e, f, g, h) {SR_SPAN128(0, a, b, c, d, e, f, g), SR_SPAN128(h, a, b, c, d, e, f, g)}

#endif
