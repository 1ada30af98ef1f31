#include "cpu/threads.h"

/* As in omp.h, which GCC has among its own headers, where clang-tidy does not look. */
int omp_get_max_threads(void);
int omp_get_thread_num(void);
void omp_set_num_threads(int threads);
int omp_pause_resource_all(int kind);

enum { PAUSE_HARD = 2 }; /* omp_pause_hard */

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

void lvk_cpu_jobs(unsigned threads, size_t count, lvk_cpu_job job, void *user) {
    if (threads <= 1 || count <= 1) {
        for (size_t i = 0; i < count; ++i)
            job(user, i, 0);
        return;
    }
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
    for (size_t i = 0; i < count; ++i)
        job(user, i, (unsigned)omp_get_thread_num());
}

unsigned lvk_cpu_thread_count(unsigned threads) {
    return threads ? threads : (unsigned)omp_get_max_threads();
}

unsigned lvk_cpu_set_threads(unsigned threads) {
    const int before = omp_get_max_threads();
    omp_set_num_threads((int)threads);
    return (unsigned)before;
}

void lvk_cpu_end_threads(void) {
    (void)omp_pause_resource_all(PAUSE_HARD);
}
