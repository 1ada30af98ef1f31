#include "core/child_program.h"

#include "core/child.h"
#include "core/confine.h"
#include "core/resource.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void limit(int resource, rlim_t soft, rlim_t hard) {
    const struct rlimit bound = {.rlim_cur = soft, .rlim_max = hard};
    (void)setrlimit(resource, &bound);
}

static lvk_child_bounds bounds;

lvk_status lvk_child_begin(void) {
    LVK_TRY(lvk_parent_get(&bounds, sizeof bounds));
    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_FSIZE, 0, 0);
    limit(RLIMIT_CPU, bounds.seconds, bounds.seconds + 1);
    const rlim_t memory = (rlim_t)lvk_process_address_bytes() + bounds.memory;
    limit(RLIMIT_AS, memory, memory);
    lvk_process_confine(LVK_CHILD_SOCKET); /* not earlier: the number above is read from a file */
    limit(RLIMIT_NOFILE, 0, 0);
    const char ready = LVK_CHILD_READY;
    return lvk_parent_put(&ready, sizeof ready);
}

bool lvk_child_is_worn(void) {
    return lvk_process_cpu_seconds() > bounds.seconds / 2.0;
}

static lvk_status fail(const char *what) {
    return lvk_fail(LVK_ERROR_IO, "%s the process that started this one: %s", what,
                    errno ? strerror(errno) : "it has ended");
}

lvk_status lvk_parent_get(void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        errno = 0;
        const ssize_t got = read(LVK_CHILD_SOCKET, (char *)bytes + done, size - done);
        if (got <= 0 && errno != EINTR)
            return fail("cannot read from");
        done += got > 0 ? (size_t)got : 0;
    }
    return LVK_OK;
}

lvk_status lvk_parent_put(const void *bytes, size_t size) {
    for (size_t done = 0; done < size;) {
        errno = 0;
        const ssize_t put = write(LVK_CHILD_SOCKET, (const char *)bytes + done, size - done);
        if (put < 0 && errno != EINTR)
            return fail("cannot write to");
        done += put > 0 ? (size_t)put : 0;
    }
    return LVK_OK;
}

lvk_status lvk_parent_put_report(lvk_status status) {
    lvk_child_report report = {.status = (int32_t)status};
    if (status != LVK_OK)
        snprintf(report.line, sizeof report.line, "%s", lvk_error_message());
    return lvk_parent_put(&report, sizeof report);
}
