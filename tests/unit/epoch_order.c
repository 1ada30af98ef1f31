/* The order of an epoch: plain, every image once; oversampled, as many of either class, and every draw of an
 * image with random numbers of its own. */
#define _XOPEN_SOURCE 700
#include "support/tree.h"

#include "core/random.h"
#include "image/resample.h"
#include "train/epoch_order.h"

TestSuite(epoch_order, .init = tree_create, .fini = tree_remove);

enum { MOST = 64 };

/* `all` images of the positive class (0 to all - 1), `hem` of the other behind them. */
static lvk_dataset *open_tree(uint32_t all, uint32_t hem) {
    for (uint32_t i = 0; i < all + hem; ++i) {
        char path[64];
        snprintf(path, sizeof path, "%s/%02u.png", i < all ? "all" : "hem", i);
        tree_write_image(path, 32, i);
    }
    lvk_dataset *dataset;
    cr_assert_eq(lvk_dataset_create(tree_root, NULL, &dataset), LVK_OK, "%s", lvk_error_message());
    return dataset;
}

static lvk_epoch_order order_of(const lvk_dataset *dataset, const uint32_t *images, size_t count,
                                bool oversample) {
    lvk_epoch_order order;
    cr_assert_eq(lvk_epoch_order_init(&order, dataset, images, count, oversample), LVK_OK);
    return order;
}

/* How often each image of the data set comes. */
static void count_draws(const lvk_epoch_order *order, uint32_t draws[MOST]) {
    memset(draws, 0, MOST * sizeof *draws);
    for (size_t i = 0; i < order->count; ++i)
        ++draws[order->images[i]];
}

/* The words of any two places of the order differ, and the first of an image is its index. */
static void check_samples(const lvk_epoch_order *order) {
    for (size_t i = 0; i < order->count; ++i) {
        bool first = true;
        for (size_t j = 0; j < i; ++j) {
            cr_expect_neq(order->samples[i], order->samples[j], "%zu and %zu", i, j);
            first = first && order->images[i] != order->images[j];
        }
        cr_expect_eq(order->samples[i] == order->images[i], first, "place %zu", i);
    }
}

/* The part of a data set: but for its first two and last two images. */
typedef struct part {
    lvk_dataset *dataset;
    uint32_t all, hem, larger, smaller; /* counts: of the data set; of the part */
    uint32_t images[MOST];
    size_t count;
} part;

static part open_part(uint32_t all, uint32_t hem) {
    part p = {.dataset = open_tree(all, hem), .all = all, .hem = hem};
    p.larger = (all > hem ? all : hem) - 2;
    p.smaller = (all > hem ? hem : all) - 2;
    for (uint32_t i = 2; i < all + hem - 2; ++i)
        p.images[p.count++] = i;
    return p;
}

/* Of one epoch. Adds to `extra` who came once more than others of the smaller class. */
static void check_draws(const part *p, const uint32_t draws[MOST], uint64_t *extra) {
    const uint32_t least = p->larger / p->smaller;
    uint32_t per_class[2] = {0, 0};
    for (uint32_t i = 0; i < p->all + p->hem; ++i) {
        const bool out = i < 2 || i >= p->all + p->hem - 2, is_all = i < p->all;
        const bool larger = is_all == (p->all > p->hem), once_more = draws[i] == least + 1;
        cr_expect(out      ? draws[i] == 0
                  : larger ? draws[i] == 1
                           : draws[i] == least || once_more,
                  "image %u comes %u times", i, draws[i]);
        per_class[is_all] += draws[i];
        *extra |= !larger && once_more ? (uint64_t)1 << i : 0;
    }
    cr_expect(per_class[0] == p->larger && per_class[1] == p->larger, "%u : %u", per_class[0], per_class[1]);
}

static void check_oversampled(uint32_t all, uint32_t hem) {
    part p = open_part(all, hem);
    uint32_t draws[MOST];
    uint64_t extra = 0;
    lvk_epoch_order order = order_of(p.dataset, p.images, p.count, true);
    cr_assert_eq(order.count, 2 * p.larger);
    for (uint32_t epoch = 0; epoch < 20; ++epoch) {
        lvk_epoch_order_draw(&order, 7, epoch);
        count_draws(&order, draws);
        check_samples(&order);
        check_draws(&p, draws, &extra);
    }
    cr_expect_eq(__builtin_popcountll(extra), (int)p.smaller, "the same ones come once more every time");
    lvk_epoch_order_finish(&order);
    lvk_dataset_destroy(&p.dataset);
}

Test(epoch_order, the_smaller_class_comes_as_often) {
    check_oversampled(5, 19);
}

Test(epoch_order, whichever_it_is) {
    check_oversampled(19, 6);
}

/* Whatever was drawn before, also in another process: what resuming needs. */
Test(epoch_order, is_a_function_of_seed_and_epoch) {
    lvk_dataset *dataset = open_tree(4, 10);
    uint32_t images[14];
    for (uint32_t i = 0; i < 14; ++i)
        images[i] = i;
    lvk_epoch_order a = order_of(dataset, images, 14, true), b = order_of(dataset, images, 14, true);
    for (uint32_t epoch = 0; epoch < 5; ++epoch)
        lvk_epoch_order_draw(&a, 3, epoch);
    lvk_epoch_order_draw(&b, 3, 4);
    cr_expect_arr_eq(a.images, b.images, a.count * sizeof *a.images);
    cr_expect_arr_eq(a.samples, b.samples, a.count * sizeof *a.samples);
    lvk_epoch_order_draw(&b, 3, 5);
    cr_expect_neq(memcmp(a.images, b.images, a.count * sizeof *a.images), 0, "epochs are alike");
    lvk_epoch_order_draw(&b, 4, 4);
    cr_expect_neq(memcmp(a.images, b.images, a.count * sizeof *a.images), 0, "seeds are alike");
    lvk_epoch_order_finish(&a);
    lvk_epoch_order_finish(&b);
    lvk_dataset_destroy(&dataset);
}

/* The bits of runs from before there was oversampling. */
Test(epoch_order, a_plain_one_is_a_shuffle_of_the_part) {
    lvk_dataset *dataset = open_tree(4, 10);
    uint32_t images[9], expected[9];
    for (uint32_t i = 0; i < 9; ++i)
        images[i] = expected[i] = 13 - i;
    lvk_epoch_order order = order_of(dataset, images, 9, false);
    lvk_epoch_order_draw(&order, 11, 2);
    lvk_random_shuffle(&(lvk_random_key){.seed = 11, .epoch = 2, .purpose = LVK_PURPOSE_SHUFFLE}, expected,
                       9);
    cr_assert_eq(order.count, 9);
    cr_expect_arr_eq(order.images, expected, sizeof expected);
    cr_expect_arr_eq(order.samples, expected, sizeof expected);
    lvk_epoch_order_finish(&order);
    lvk_dataset_destroy(&dataset);
}

/* Equal classes: nothing is drawn twice. */
Test(epoch_order, equal_classes_come_once) {
    lvk_dataset *dataset = open_tree(6, 6);
    uint32_t images[12], draws[MOST];
    for (uint32_t i = 0; i < 12; ++i)
        images[i] = i;
    lvk_epoch_order order = order_of(dataset, images, 12, true);
    lvk_epoch_order_draw(&order, 1, 0);
    count_draws(&order, draws);
    cr_assert_eq(order.count, 12);
    for (uint32_t i = 0; i < 12; ++i)
        cr_expect_eq(draws[i], 1);
    lvk_epoch_order_finish(&order);
    lvk_dataset_destroy(&dataset);
}

Test(epoch_order, augmentation_of_a_second_draw_differs) {
    lvk_dataset *dataset = open_tree(2, 9);
    uint32_t images[11];
    for (uint32_t i = 0; i < 11; ++i)
        images[i] = i;
    lvk_epoch_order order = order_of(dataset, images, 11, true);
    lvk_epoch_order_draw(&order, 5, 0);
    for (size_t i = 0; i < order.count; ++i) {
        for (size_t j = 0; j < i; ++j) {
            const lvk_augment a = lvk_augment_draw(&(lvk_augment_strength){0}, 5, 0, order.samples[i]),
                              b = lvk_augment_draw(&(lvk_augment_strength){0}, 5, 0, order.samples[j]);
            cr_expect_neq(a.angle, b.angle, "places %zu and %zu", j, i);
        }
    }
    lvk_epoch_order_finish(&order);
    lvk_dataset_destroy(&dataset);
}

/* Of four classes each comes as often as the largest, and every image of a smaller one as often as another of
 * it, or once more. */
Test(epoch_order, four_classes_come_as_often) {
    static const uint32_t sizes[] = {5, 11, 4, 7};
    uint32_t images[MOST], draws[MOST], count = 0;
    for (uint32_t c = 0; c < 4; ++c) {
        for (uint32_t i = 0; i < sizes[c]; ++i) {
            char path[64];
            snprintf(path, sizeof path, "class_%c/%02u.png", 'a' + (int)c, i);
            tree_write_image(path, 32, count);
            images[count] = count;
            ++count;
        }
    }
    lvk_dataset *dataset;
    cr_assert_eq(lvk_dataset_create(tree_root, NULL, &dataset), LVK_OK, "%s", lvk_error_message());
    lvk_epoch_order order = order_of(dataset, images, count, true);
    cr_assert_eq(order.count, 4 * 11);
    uint64_t extra = 0;
    for (uint32_t epoch = 0; epoch < 20; ++epoch) {
        uint32_t per_class[4] = {0};
        lvk_epoch_order_draw(&order, 7, epoch);
        count_draws(&order, draws);
        check_samples(&order);
        for (uint32_t i = 0; i < count; ++i) {
            const uint32_t class = (uint32_t)lvk_dataset_image(dataset, i)->label, least = 11 / sizes[class];
            cr_expect(draws[i] == least || (11 % sizes[class] && draws[i] == least + 1),
                      "image %u comes %u times", i, draws[i]);
            per_class[class] += draws[i];
            extra |= draws[i] > least ? (uint64_t)1 << i : 0;
        }
        for (int c = 0; c < 4; ++c)
            cr_expect_eq(per_class[c], 11, "class %d: %u", c, per_class[c]);
    }
    cr_expect_eq(__builtin_popcountll(extra), 5 + 4 + 7, "the same ones come once more every time");
    lvk_epoch_order_finish(&order);
    lvk_dataset_destroy(&dataset);
}
