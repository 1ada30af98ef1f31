#include "dataset/other_files.h"

#include "core/log.h"
#include "core/memory.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

/* From the last point on, in small letters. A long one is no ending, but a part of the name. */
static void ending_of(const char *name, char ending[LVK_OTHER_ENDING_SIZE]) {
    const char *point = strrchr(name, '.');
    ending[0] = '\0';
    if (!point || point == name || !point[1] || strlen(point) >= LVK_OTHER_ENDING_SIZE)
        return;
    size_t i = 0;
    for (; point[i]; ++i)
        ending[i] = (char)(point[i] >= 'A' && point[i] <= 'Z' ? point[i] - 'A' + 'a' : point[i]);
    ending[i] = '\0';
}

void lvk_other_files_add(lvk_other_files *files, const char *name) {
    char ending[LVK_OTHER_ENDING_SIZE];
    size_t i = 0;
    ending_of(name, ending);
    ++files->count;
    while (i < files->ending_count && strcmp(files->endings[i].text, ending) != 0)
        ++i;
    if (i == LVK_OTHER_ENDINGS)
        return;
    if (i == files->ending_count)
        memcpy(files->endings[files->ending_count++].text, ending, sizeof ending);
    ++files->endings[i].count;
}

static int compare(const void *a, const void *b) {
    const lvk_other_ending *left = a, *right = b;
    if (left->count != right->count)
        return left->count > right->count ? -1 : 1;
    return strcmp(left->text, right->text);
}

lvk_status lvk_other_files_tell(const lvk_other_files *files, const char *folder) {
    lvk_other_files sorted = *files;
    size_t others = files->count;
    lvk_text text = {0};
    char *list;
    if (!files->count)
        return LVK_OK;
    qsort(sorted.endings, sorted.ending_count, sizeof *sorted.endings, compare);
    for (size_t i = 0; i < sorted.ending_count; ++i) {
        const lvk_other_ending *e = &sorted.endings[i];
        lvk_text_add(&text, "%s%zu %s", i ? ", " : "", e->count, *e->text ? e->text : "without an ending");
        others -= e->count;
    }
    if (others)
        lvk_text_add(&text, ", %zu of other kinds", others);
    LVK_TRY(lvk_text_take(&text, &list, NULL));
    lvk_log(LVK_LOG_INFO, "%s: %zu %s not read, by the ending of the name: %s", folder, files->count,
            files->count == 1 ? "file is" : "files are", list);
    lvk_free(list);
    return LVK_OK;
}
