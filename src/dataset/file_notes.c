#include "dataset/file_notes.h"

#include "core/log.h"

enum { FULL_BITS = 16 };

static void tell_pages(const lvk_dataset *d) {
    size_t count = 0, example = 0;
    for (size_t i = 0; i < d->image_count; ++i)
        if (d->images[i].pages > 1 && count++ == 0)
            example = i;
    if (count)
        lvk_log(LVK_LOG_WARNING, "%zu %s more than one page or frame, of which the first is read: %s has %u",
                count, count == 1 ? "image has" : "images have", d->images[example].path,
                d->images[example].pages);
}

/* Files that tell their bits are as they should be. Where the range of the samples decides, a dark picture of
 * more bits looks like a bright one of fewer. */
static void tell_bits(const lvk_dataset *d, unsigned bits, bool told) {
    size_t count = 0, example = 0;
    for (size_t i = 0; i < d->image_count; ++i)
        if (d->images[i].bits == bits && d->images[i].bits_told == told && count++ == 0)
            example = i;
    if (count)
        lvk_log(told ? LVK_LOG_INFO : LVK_LOG_WARNING,
                "%zu %s %u bits in samples of 16, as %s, and %s scaled by that: %s", count,
                count == 1 ? "image holds" : "images hold", bits,
                told ? "the file says" : "the range of the samples tells", count == 1 ? "is" : "are",
                d->images[example].path);
}

void lvk_dataset_tell_files(const lvk_dataset *dataset) {
    tell_pages(dataset);
    for (unsigned bits = 8; bits < FULL_BITS; ++bits) {
        tell_bits(dataset, bits, true);
        tell_bits(dataset, bits, false);
    }
}
