/* In place of the backend where leukvk is built without it (-DLEUKVK_CPU=OFF). */
#include "cpu/cpu.h"

lvk_status lvk_cpu_create(const lvk_cpu_options *options, lvk_backend **backend) {
    (void)options;
    *backend = NULL;
    return lvk_fail(LVK_ERROR_UNSUPPORTED, "this leukvk was built without the cpu backend (-DLEUKVK_CPU=ON)");
}

bool lvk_cpu_describe(unsigned threads, char name[256], char driver[256]) {
    (void)threads;
    (void)name;
    (void)driver;
    return false;
}
