#include "core/random.h"

#include <Random123/philox.h>

void lvk_random_words(const lvk_random_key *key, uint32_t index, uint32_t words[4]) {
    const philox4x32_key_t philox_key = {{(uint32_t)key->seed, (uint32_t)(key->seed >> 32)}};
    const philox4x32_ctr_t counter = {{index, key->sample, key->epoch, key->purpose}};
    const philox4x32_ctr_t random = philox4x32(counter, philox_key);
    for (int i = 0; i < 4; ++i)
        words[i] = random.v[i];
}

uint32_t lvk_random_word(const lvk_random_key *key, uint32_t index) {
    uint32_t words[4];
    lvk_random_words(key, index / 4, words);
    return words[index % 4];
}

float lvk_random_uniform(const lvk_random_key *key, uint32_t index) {
    return lvk_uniform(lvk_random_word(key, index));
}

void lvk_random_shuffle(const lvk_random_key *key, uint32_t *items, size_t count) {
    for (size_t i = count; i > 1; --i) {
        const uint32_t word = lvk_random_word(key, (uint32_t)(count - i));
        const size_t other = (size_t)(((uint64_t)word * i) >> 32);
        const uint32_t item = items[i - 1];
        items[i - 1] = items[other];
        items[other] = item;
    }
}
