#include "check.h"

int main(void) {
    START();
    int level = sr_level();
    CHECK(sr_level_supported(level));
    CHECK(strstr(sr_build(), " -O") != NULL);
    const char *asked = getenv("SKYRACK_ISA");
    CHECK(!asked || strcmp(sr_level_name(level), asked) == 0);
    CHECK(sr_level_name(SR_LEVELS) == NULL && sr_level_name(-1) == NULL);
    CHECK(sr_level_select("avx9000") == SR_BAD_ARGUMENT && sr_level() == level);
#ifdef __x86_64__
    CHECK(sr_level_select("neon") == SR_UNSUPPORTED && sr_level() == level);
#endif
    CHECK(sr_level_select("portable") == SR_OK && sr_level() == SR_PORTABLE);
    DONE();
}
