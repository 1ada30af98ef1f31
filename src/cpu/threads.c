#include "cpu/threads.h"

#include <omp.h>

void lvk_cpu_parallel(unsigned threads, unsigned parts, lvk_cpu_work work, void *user) {
    if (threads <= 1 || parts <= 1) {
        for (unsigned part = 0; part < parts; ++part)
            work(user, part);
        return;
    }
#pragma omp parallel for num_threads(threads) schedule(static)
    for (unsigned part = 0; part < parts; ++part)
        work(user, part);
}

unsigned lvk_cpu_thread_count(unsigned threads) {
    return threads ? threads : (unsigned)omp_get_max_threads();
}

unsigned lvk_cpu_set_threads(unsigned threads) {
    const int before = omp_get_max_threads();
    omp_set_num_threads((int)threads);
    return (unsigned)before;
}
