#include "core/parallel.h"
#include "cpu/cpu.h"
#include "cpu/dnnl.h"
#include "cpu/threads.h"

#include <stdio.h>
#include <string.h>

/* "model name : AMD EPYC 9454 ..." of Linux; "processor" where it does not tell. */
static void read_model(char name[256]) {
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "re");
    snprintf(name, 256, "processor");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        snprintf(name, 256, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    if (file)
        fclose(file);
}

bool lvk_cpu_describe(unsigned threads, char name[256], char driver[256]) {
    char library[96];
    const unsigned count = lvk_cpu_thread_count(threads);
    read_model(name);
    lvk_dnnl_describe(library, sizeof library);
    snprintf(driver, 256, "%s, %u thread%s", library, count, count == 1 ? "" : "s");
    return true;
}
