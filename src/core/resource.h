/* The resources that the process has used so far, and those of the machine. The functions are thread-safe and
 * never fail. */
#ifndef LVK_CORE_RESOURCE_H
#define LVK_CORE_RESOURCE_H

#include <stdint.h>

/* Seconds on a clock that only goes forward; only differences between two calls have a meaning. */
double lvk_clock_seconds(void);

/* Seconds of processor time, user and system, of all threads of this process. */
double lvk_process_cpu_seconds(void);

/* Bytes of the most memory that this program has held at once (peak resident set); 0: not known. */
uint64_t lvk_process_peak_bytes(void);

/* Bytes of address space that this process has now; 0: not known. */
uint64_t lvk_process_address_bytes(void);

/* Bytes of main memory that this process may have: the machine's, or less where a container or the limit of the process's
 * address space allows less; 0: not known. */
uint64_t lvk_machine_memory(void);

#endif
