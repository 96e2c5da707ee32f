#include "check.h"
#include "skyrack/reed_solomon.h"

int main(void) {
    START();
    CHECK(sr_selftest_reed_solomon() == SR_OK);
    DONE();
}
