#include "report_png.h"

#include "ui/output.h"

#include <errno.h>
#include <glob.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

static const char converter[] = "rsvg-convert";

/* Runs the converter. Returns its exit status, or -1 with errno where it cannot be run. */
static int convert(const char *svg) {
    const size_t stem = strlen(svg) - strlen(".svg");
    char *output = malloc(sizeof "--output=" + stem + sizeof ".png"), *name = strdup(svg);
    int status = -1;
    pid_t child;
    if (output && name) {
        sprintf(output, "--output=%.*s.png", (int)stem, svg);
        char program[sizeof converter], zoom[] = "--zoom=2", end[] = "--";
        memcpy(program, converter, sizeof converter);
        char *const words[] = {program, zoom, output, end, name, NULL};
        errno = posix_spawnp(&child, converter, NULL, NULL, words, environ);
        if (errno == 0 && waitpid(child, &status, 0) == child)
            status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
    }
    free(output);
    free(name);
    return status;
}

void report_write_png(const char *folder) {
    glob_t list = {0};
    char pattern[4096];
    /* A folder's name may have a glob's own characters in it, so only the names in the folder are matched. */
    size_t length = 0;
    for (const char *c = folder; *c && length + 16 < sizeof pattern; ++c) {
        if (strchr("*?[\\", *c))
            pattern[length++] = '\\';
        pattern[length++] = *c;
    }
    memcpy(pattern + length, "/*.svg", sizeof "/*.svg");
    if (glob(pattern, 0, NULL, &list) != 0)
        return;
    for (size_t i = 0; i < list.gl_pathc; ++i) {
        const int status = convert(list.gl_pathv[i]);
        if (status < 0) {
            printf("no figures as PNG: %s\n",
                   errno == ENOENT ? "rsvg-convert makes them (Debian: librsvg2-bin)" : strerror(errno));
            break;
        }
        if (status > 0)
            fprintf(stderr, "warning: %s: %s ended with status %d\n", shown(list.gl_pathv[i]), converter,
                    status);
    }
    globfree(&list);
}
