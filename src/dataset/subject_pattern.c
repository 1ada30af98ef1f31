#include "dataset/subject_pattern.h"

#include "core/log.h"
#include "core/text.h"
#include "dataset/names.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* The most bytes of a pattern, and the most parts that regcomp may make of it. */
enum { MOST_PATTERN = 512, MOST_PARTS = 20000 };

/* The end of a bracket expression that begins at `at`, or its last byte where it has no end. */
static const char *skip_brackets(const char *at) {
    at += at[1] == '^' ? 2 : 1;
    const char *end = *at ? strchr(at + 1, ']') : NULL;
    return end ? end : at + strlen(at) - 1;
}

/* The factor of {m,n} at `at`: what stands before it is copied so often. */
static double copies_of(const char *at) {
    char *rest;
    const double least = strtod(at + 1, &rest), most = *rest == ',' ? strtod(rest + 1, NULL) : 0;
    return least >= most ? least + 1 : most;
}

/* Whether regcomp would make more than MOST_PARTS parts of the pattern: it copies what is repeated, a+ once and a{9} nine
 * times, with all repetitions in it, so that a few bytes can fill the machine's memory. A run's settings, which may be
 * somebody else's, have patterns too. */
static bool is_costly(const char *pattern) {
    double before[MOST_PATTERN + 1] = {0}, last = 0,
                                 sum = 0; /* parts before a group; the last one; those before it */
    size_t depth = 0;
    for (const char *at = pattern; *at && sum + last <= MOST_PARTS; ++at) {
        double part = 1;
        switch (*at) {
        case '(':
            before[depth++] = sum + last;
            sum = last = 0;
            continue;
        case '+':
            last *= 2;
            continue;
        case '{':
            last *= copies_of(at);
            continue;
        case ')':
            part += sum + last;
            sum = depth ? before[--depth] : 0;
            last = 0;
            break;
        case '\\':
            at += at[1] != '\0';
            break;
        case '[':
            at = skip_brackets(at);
            break;
        default:
            break;
        }
        sum += last;
        last = part;
    }
    return sum + last > MOST_PARTS;
}

static lvk_status compile(const char *pattern, regex_t *regex) {
    char reason[256];
    if (strlen(pattern) > MOST_PATTERN || is_costly(pattern))
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--subject-pattern %.60s: is too long, or repeats too much of itself", pattern);
    const int error = regcomp(regex, pattern, REG_EXTENDED);
    if (error == REG_ESPACE)
        return lvk_fail(LVK_ERROR_MEMORY, "out of memory");
    if (error) {
        regerror(error, regex, reason, sizeof reason);
        return lvk_fail(LVK_ERROR_ARGUMENT, "--subject-pattern %s: %s", pattern, reason);
    }
    if (regex->re_nsub > 0)
        return LVK_OK;
    regfree(regex);
    return lvk_fail(LVK_ERROR_ARGUMENT,
                    "--subject-pattern %s: has no group ( ) around what is the subject, as in '^([^_]+)_'",
                    pattern);
}

lvk_status lvk_subject_pattern_check(const char *pattern) {
    regex_t regex;
    if (!pattern || !*pattern)
        return LVK_OK;
    LVK_TRY(compile(pattern, &regex));
    regfree(&regex);
    return LVK_OK;
}

/* *matched: the pattern matches the path, and the group is not empty. */
static lvk_status match(const regex_t *regex, const char *source, lvk_scan_entry *entry, lvk_scan *scan,
                        bool *matched) {
    regmatch_t groups[2];
    char subject[LVK_SUBJECT_SIZE];
    *matched = regexec(regex, entry->path, 2, groups, 0) == 0 && groups[1].rm_eo > groups[1].rm_so;
    if (!*matched)
        return LVK_OK;
    const char *text = entry->path + groups[1].rm_so;
    const size_t size = (size_t)(groups[1].rm_eo - groups[1].rm_so);
    if (size >= sizeof subject)
        return lvk_fail(
            LVK_ERROR_FORMAT,
            "%s: %s: the subject that --subject-pattern finds has %zu bytes, more than the %d that are read",
            source, entry->path, size, LVK_SUBJECT_SIZE - 1);
    lvk_name_canonical(text, size, subject);
    entry->subject = lvk_arena_strdup(&scan->arena, subject);
    return entry->subject ? LVK_OK : LVK_ERROR_MEMORY;
}

/* What is wrong with a C-NMC image whose name holds no subject is right where the pattern finds one. */
static void clear_problem(lvk_scan_entry *entry) {
    if (entry->problem && strcmp(entry->problem, LVK_NO_SUBJECT) == 0)
        entry->problem = NULL;
}

static lvk_status apply(const regex_t *regex, const char *pattern, const char *source, bool lenient,
                        lvk_scan *scan) {
    size_t count = 0;
    const char *missed = "";
    for (size_t i = 0; i < scan->count; ++i) {
        bool matched;
        LVK_TRY(match(regex, source, &scan->entries[i], scan, &matched));
        count += matched;
        if (matched)
            clear_problem(&scan->entries[i]);
        else if (!*missed)
            missed = scan->entries[i].path;
    }
    if (count == 0 && !lenient)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: --subject-pattern %s matches none of the %zu paths, as %s",
                        source, pattern, scan->count, missed);
    if (count < scan->count)
        lvk_log(LVK_LOG_WARNING, "%s: --subject-pattern %s matches %zu of %zu paths, and not %s", source,
                pattern, count, scan->count, missed);
    return LVK_OK;
}

lvk_status lvk_subject_pattern_apply(const char *pattern, const char *source, bool lenient, lvk_scan *scan) {
    regex_t regex;
    if (!pattern || !*pattern)
        return LVK_OK;
    LVK_TRY(compile(pattern, &regex));
    const lvk_status status = apply(&regex, pattern, *source ? source : "the images", lenient, scan);
    regfree(&regex);
    return status;
}
