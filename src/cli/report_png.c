#define _GNU_SOURCE /* asprintf */
#include "report_png.h"

#include "leukvk/leukvk.h"
#include "ui/memory.h"
#include "ui/output.h"
#include "verb.h"

#include <dirent.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char converter[] = "rsvg-convert";

/* Runs the converter. Returns its exit status, or -1 with errno where it cannot be run. */
static int convert(char *svg, char *png) {
    char program[] = "rsvg-convert", zoom[] = "--zoom=2", output[] = "--output", end[] = "--";
    char *const words[] = {program, zoom, output, png, end, svg, NULL};
    pid_t child;
    int status;
    errno = posix_spawnp(&child, converter, NULL, NULL, words, environ);
    if (errno != 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int is_svg(const struct dirent *entry) {
    const size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".svg") == 0;
}

/* Returns false where the converter cannot be run, which the line says. */
static bool write_png(const char *folder, const char *name) {
    char *svg, *png;
    const int stem = (int)strlen(name) - 4;
    if (asprintf(&svg, "%s/%s", folder, name) < 0 || asprintf(&png, "%s/%.*s.png", folder, stem, name) < 0)
        end_without_memory();
    const int status = convert(svg, png);
    if (status < 0)
        printf("no figures as PNG: %s\n",
               errno == ENOENT ? "rsvg-convert makes them (Debian: librsvg2-bin)" : strerror(errno));
    else if (status > 0) {
        (void)unlink(png); /* which may be cut off */
        fprintf(stderr, "warning: %s: %s ended with status %d\n", shown(svg), converter, status);
    }
    free(svg);
    free(png);
    return status >= 0;
}

void report_write_png(const char *folder) {
    struct dirent **entries;
    const int count = scandir(folder, &entries, is_svg, alphasort);
    bool goes_on = true;
    for (int i = 0; i < count; ++i) {
        goes_on = goes_on && write_png(folder, entries[i]->d_name);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    else
        fprintf(stderr, "warning: no figures as PNG: %s: %s\n", shown(folder), strerror(errno));
}
