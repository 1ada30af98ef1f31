/* Random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011).
 *
 * A number is a pure function of what it is for: (seed, epoch, sample, purpose, index). Nothing is carried
 * from one draw to the next, so any thread may draw any number in any order, a resumed run draws what the
 * uninterrupted one would have, and shaders/common/philox.glsl gives the same bits. */
#ifndef LVK_CORE_RANDOM_H
#define LVK_CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* What a number is drawn for. Values are part of the meaning of a seed: never renumber. */
typedef enum lvk_purpose {
    LVK_PURPOSE_WEIGHTS = 1,   /* sample: the parameter's number; index: its element */
    LVK_PURPOSE_SHUFFLE = 2,   /* the order of the training images of an epoch; sample 1: which are drawn once
                                  more than others (--balance oversample) */
    LVK_PURPOSE_SPLIT = 3,     /* which subjects go to which part */
    LVK_PURPOSE_AUGMENT = 4,   /* what is done to one image in one epoch */
    LVK_PURPOSE_SYNTH = 5,     /* drawn cells */
    LVK_PURPOSE_BENCH = 6,     /* images to measure speed on */
    LVK_PURPOSE_BOOTSTRAP = 7, /* subjects of replicate `epoch` */
    LVK_PURPOSE_SHEET = 8,     /* which images a contact sheet shows */
    LVK_PURPOSE_SEARCH = 9,    /* point `epoch` of a search; sample: the setting's number */
    LVK_PURPOSE_DROPOUT = 16   /* + number of the dropout layer */
} lvk_purpose;

typedef struct lvk_random_key {
    uint64_t seed;
    uint32_t epoch;
    uint32_t sample;
    uint32_t purpose;
} lvk_random_key;

/* Four independent 32-bit words. Philox key = seed (low, high word); counter = (index, sample, epoch,
 * purpose). */
void lvk_random_words(const lvk_random_key *key, uint32_t index, uint32_t words[4]);

/* Uniform in [0, 1), a multiple of 2^-24: the word's upper 24 bits. */
static inline float lvk_uniform(uint32_t word) {
    return (float)(word >> 8) * 0x1p-24F;
}

/* Draw number `index` of a stream of single words (word index%4 of block index/4). */
uint32_t lvk_random_word(const lvk_random_key *key, uint32_t index);

/* Uniform in [0, 1) from the stream. */
float lvk_random_uniform(const lvk_random_key *key, uint32_t index);

/* Fisher-Yates shuffle of `count` indices, unbiased up to 2^-32, the same on every machine. */
void lvk_random_shuffle(const lvk_random_key *key, uint32_t *items, size_t count);

#endif
