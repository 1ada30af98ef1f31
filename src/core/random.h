/* Random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011).
 *
 * A number is a pure function of (seed, epoch, sample, purpose, index). No state passes from one draw to the
 * next. Therefore any thread may draw any number in any order, a resumed run draws the same numbers as an
 * uninterrupted one, and shaders/common/philox.glsl computes the same bits. */
#ifndef LVK_CORE_RANDOM_H
#define LVK_CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* The purposes for which numbers are drawn. The values must never change, since the numbers of a seed depend
 * on them. */
typedef enum lvk_purpose {
    LVK_PURPOSE_WEIGHTS =
        1, /* initial weights; the sample is the parameter's number, the index its element */
    LVK_PURPOSE_SHUFFLE = 2, /* the order of the training images of an epoch; with sample 1, which images come
                                  once more than others (--balance oversample) */
    LVK_PURPOSE_SPLIT = 3,   /* the assignment of subjects to training, validation and test */
    LVK_PURPOSE_AUGMENT = 4, /* the augmentation of one image in one epoch */
    LVK_PURPOSE_SYNTH = 5,   /* drawn cells */
    LVK_PURPOSE_BENCH = 6,   /* images for measurements of speed */
    LVK_PURPOSE_BOOTSTRAP = 7, /* the subjects of a bootstrap replicate, whose number is the epoch */
    LVK_PURPOSE_SHEET = 8,     /* the images that a contact sheet shows */
    LVK_PURPOSE_SEARCH =
        9, /* a point of a search, whose number is the epoch; the sample is the setting's number */
    LVK_PURPOSE_DIRECTIONS = 10, /* where the search for principal directions begins */
    LVK_PURPOSE_DROPOUT = 16     /* dropout; the number of the dropout layer is added */
} lvk_purpose;

typedef struct lvk_random_key {
    uint64_t seed;
    uint32_t epoch;
    uint32_t sample;
    uint32_t purpose;
} lvk_random_key;

/* Draws four independent 32-bit words. The Philox key is the seed (low word, high word), the counter is
 * (index, sample, epoch, purpose). */
void lvk_random_words(const lvk_random_key *key, uint32_t index, uint32_t words[4]);

/* A uniform number in [0, 1), a multiple of 2^-24, from the word's upper 24 bits. */
static inline float lvk_uniform(uint32_t word) {
    return (float)(word >> 8) * 0x1p-24F;
}

/* Draws word number `index` of a stream of single words: word index % 4 of lvk_random_words(index / 4). */
uint32_t lvk_random_word(const lvk_random_key *key, uint32_t index);

/* A uniform number in [0, 1) from word number `index` of that stream. */
float lvk_random_uniform(const lvk_random_key *key, uint32_t index);

/* Shuffles `count` items by Fisher-Yates, with a bias below 2^-32 and the same result on every machine. */
void lvk_random_shuffle(const lvk_random_key *key, uint32_t *items, size_t count);

#endif
