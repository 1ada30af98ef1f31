/* Keeps what the library logs as text. Header only. */
#ifndef LVK_TESTS_LOG_TEXT_H
#define LVK_TESTS_LOG_TEXT_H

#include "leukvk/log.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char log_text[16384]; /* one line for each message; warnings begin with "warning: " */

static void log_text_add(void *user, lvk_log_level level, const char *line) {
    (void)user;
    const size_t length = strlen(log_text);
    snprintf(log_text + length, sizeof log_text - length, "%s%s\n",
             level == LVK_LOG_WARNING ? "warning: " : "", line);
}

/* Clears the text, and sets the sink that fills it. */
static inline void log_text_begin(void) {
    *log_text = '\0';
    lvk_log_set_sink(log_text_add, NULL, LVK_LOG_INFO);
}

/* The number of times that the text contains `words`. */
static inline size_t log_text_count(const char *words) {
    size_t count = 0;
    for (const char *at = log_text; (at = strstr(at, words)); at += strlen(words))
        ++count;
    return count;
}

#define LOG_EXPECT_ONCE(words)                                                                               \
    cr_expect_eq(log_text_count(words), 1, "'%s' is %zu times in: %s", words, log_text_count(words), log_text)
#define LOG_EXPECT_NEVER(words) cr_expect_eq(log_text_count(words), 0, "'%s' is in: %s", words, log_text)

#endif
