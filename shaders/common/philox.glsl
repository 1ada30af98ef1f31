/* Philox4x32-10, the same bits as lvk_random_words() of src/core/random.h: key = (low half of the seed, high
 * half), counter = (index, sample, epoch, purpose). The constants are from Salmon, Moraes, Dror, Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011. */
uvec4 lvk_philox(uvec4 counter, uvec2 key) {
    for (int round = 0; round < 10; ++round) {
        uint high0, low0, high1, low1;
        umulExtended(0xD2511F53u, counter.x, high0, low0);
        umulExtended(0xCD9E8D57u, counter.z, high1, low1);
        counter = uvec4(high1 ^ counter.y ^ key.x, low1, high0 ^ counter.w ^ key.y, low0);
        key += uvec2(0x9E3779B9u, 0xBB67AE85u);
    }
    return counter;
}

/* lvk_uniform() of src/core/random.h for each word: a multiple of 2^-24 in [0, 1), without rounding. */
vec4 lvk_uniform(uvec4 words) {
    return vec4(words >> 8) * (1.0 / 16777216.0);
}
