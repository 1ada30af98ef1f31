/* The random numbers: known answers of Philox4x32-10, ranges, and that a shuffle is a fair permutation. That
 * the shader gives the same bits is covered by dropout's parity, which is exact. */
#include "core/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* From the file kat_vectors of the Random123 distribution, lines "philox4x32 10": counter, key, expected. */
typedef struct known_answer {
    uint32_t counter[4], key[2], words[4];
} known_answer;

Test(random, known_answers) {
    static const known_answer answers[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; ++i) {
        const known_answer *a = &answers[i];
        const lvk_random_key key = {.seed = a->key[0] | (uint64_t)a->key[1] << 32,
                                    .sample = a->counter[1],
                                    .epoch = a->counter[2],
                                    .purpose = a->counter[3]};
        uint32_t words[4];
        lvk_random_words(&key, a->counter[0], words);
        cr_expect_arr_eq(words, a->words, sizeof words, "vector %zu: %08x %08x %08x %08x", i, words[0],
                         words[1], words[2], words[3]);
        if (a->counter[0] == 0)
            for (uint32_t k = 0; k < 4; ++k)
                cr_expect_eq(lvk_random_word(&key, k), a->words[k], "vector %zu, word %u of the stream", i,
                             k);
    }
}

Test(random, uniform_ends) {
    cr_expect_eq(lvk_uniform(0), 0.0F);
    cr_expect_eq(lvk_uniform(255), 0.0F, "only the upper 24 bits count");
    cr_expect_eq(lvk_uniform(256), 0x1p-24F);
    cr_expect_eq(lvk_uniform(0x80000000), 0.5F);
    cr_expect_eq(lvk_uniform(0xffffffff), 1.0F - 0x1p-24F, "1 itself is never drawn");
}

/* 100,000 draws: the mean of uniform numbers has a standard deviation of sqrt(1/12) / sqrt(n) = 0.00091. */
Test(random, uniform_mean) {
    enum { COUNT = 100000 };
    const lvk_random_key key = {.seed = 7, .epoch = 3, .sample = 5, .purpose = LVK_PURPOSE_WEIGHTS};
    double sum = 0;
    for (uint32_t i = 0; i < COUNT; ++i) {
        const float u = lvk_random_uniform(&key, i);
        cr_assert(u >= 0 && u < 1);
        sum += (double)u;
    }
    cr_expect_lt(fabs(sum / COUNT - 0.5), 5 * 0.00091);
}

/* Every part of the key matters. */
Test(random, keys_differ) {
    const lvk_random_key base = {.seed = 1, .epoch = 1, .sample = 1, .purpose = 1};
    lvk_random_key others[5] = {base, base, base, base, base};
    others[0].seed = 2;
    others[1].seed += (uint64_t)1 << 32;
    others[2].epoch = 2;
    others[3].sample = 2;
    others[4].purpose = 2;
    const uint32_t word = lvk_random_word(&base, 0);
    for (int i = 0; i < 5; ++i)
        cr_expect_neq(lvk_random_word(&others[i], 0), word, "key %d", i);
}

enum { MOST = 1000 };

static void shuffle(uint64_t seed, uint32_t *items, size_t count) {
    const lvk_random_key key = {.seed = seed, .purpose = LVK_PURPOSE_SHUFFLE};
    for (size_t i = 0; i < count; ++i)
        items[i] = (uint32_t)i;
    lvk_random_shuffle(&key, items, count);
}

Test(random, shuffle_is_a_permutation) {
    static const size_t counts[] = {0, 1, 2, 3, 37, MOST};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; ++k) {
        uint32_t items[MOST + 1];
        int seen[MOST] = {0};
        items[counts[k]] = 4711;
        shuffle(1, items, counts[k]);
        for (size_t i = 0; i < counts[k]; ++i) {
            cr_assert_lt(items[i], counts[k]);
            cr_expect_eq(seen[items[i]]++, 0, "%u twice among %zu", items[i], counts[k]);
        }
        cr_expect_eq(items[counts[k]], 4711, "wrote past the end");
    }
}

Test(random, shuffle_depends_on_the_seed_alone) {
    uint32_t a[MOST], b[MOST];
    shuffle(1, a, MOST);
    shuffle(1, b, MOST);
    cr_expect_arr_eq(a, b, sizeof a);
    shuffle(2, b, MOST);
    cr_expect_neq(memcmp(a, b, sizeof a), 0);
}

/* Each of the 24 orders of four items, 24,000 shuffles: 1,000 expected, standard deviation 31. */
Test(random, shuffle_is_fair) {
    int counts[256] = {0};
    for (uint64_t seed = 0; seed < 24000; ++seed) {
        uint32_t items[4];
        shuffle(seed, items, 4);
        ++counts[items[0] | items[1] << 2 | items[2] << 4 | items[3] << 6];
    }
    int orders = 0;
    for (int i = 0; i < 256; ++i) {
        orders += counts[i] > 0;
        cr_expect(counts[i] == 0 || (counts[i] > 845 && counts[i] < 1155), "order %d came %d times", i,
                  counts[i]);
    }
    cr_expect_eq(orders, 24);
}
