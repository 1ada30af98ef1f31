/* Novelty: how far an image is from those that a model was trained on, so that a photograph or a whole smear
 * is not given a class with confidence.
 *
 * Two distributions (predict/gaussian.h) by class tell it: one of measures of the picture (area, colours,
 * contrasts, texture and outline of what is not background), and one of the network's last hidden layer. The
 * two distances, and the deviation of each measure alone, are divided by their limits, and the largest quotient
 * is the novelty: above 1, an image is unlike the training's. The limits are taken from people that the model was not trained on, since these differ more
 * from the training's images than cells of one person do from each other. */
#ifndef LVK_PREDICT_NOVELTY_H
#define LVK_PREDICT_NOVELTY_H

#include "artifact/checkpoint.h"
#include "predict/evaluation.h"
#include "predict/gaussian.h"

enum { LVK_PICTURE_MEASURES = 9 };

typedef struct lvk_novelty {
    lvk_gaussian picture;
    lvk_gaussian features;               /* of length 0: there is none */
    double picture_limit, feature_limit; /* distances; above 0 */
    float limits[LVK_PICTURE_MEASURES];  /* of each measure: standard deviations from the nearest class */
    double
        unseen_ratio; /* the features' limit, divided by what it would be by the images trained on; 0: it was
                            not measured */
    double area;      /* a usual area of a cell, in pixels: the geometric mean of the training's */
} lvk_novelty;

/* Sets `measures` to the measures of an image, in steps that are as small as two pictures of one cell may
 * differ. `area`: of its cell, in pixels of the model's scale (lvk_dataset_area). */
void lvk_novelty_measure(const lvk_image_info *image, double area, float measures[LVK_PICTURE_MEASURES]);

typedef struct lvk_novelty_request {
    lvk_network *network;
    const lvk_source *source;
    const uint32_t *images; /* [count] those that the network was trained on */
    size_t count;
    const uint32_t *unseen; /* [unseen_count] images of other people */
    size_t unseen_count;
    /* lvk_novelty.unseen_ratio of a like network that was trained on some of the images; 0: that of `unseen`, or,
     * without those, a ratio that is usual. */
    double unseen_ratio;
} lvk_novelty_request;

/* Learns what images the network was trained on. The caller destroys the result. */
LVK_MUST_USE lvk_status lvk_novelty_learn(const lvk_novelty_request *request, lvk_novelty **novelty);
void lvk_novelty_destroy(lvk_novelty **novelty);

/* Replaces the model file at `path` by one with this novelty. */
LVK_MUST_USE lvk_status lvk_novelty_write(const lvk_novelty *novelty, const char *path);

/* Reads it from a model file; *novelty is NULL if the file has none. The caller destroys the result.
 * LVK_ERROR_FORMAT names what is wrong. */
LVK_MUST_USE lvk_status lvk_novelty_read(const lvk_checkpoint *model, lvk_novelty **novelty);

/* The distance of a vector of features from those of the training, divided by its limit; 0 without
 * features. */
double lvk_novelty_of_features(const lvk_novelty *novelty, const float *features);

/* The novelty of an image whose cell has this area, given that of its features, and in *cause in a word (static text) what is most
 * unusual: "area", "colour", "contrast", "texture", "outline", "features". */
double lvk_novelty_of_image(const lvk_novelty *novelty, const lvk_image_info *image, double area,
                            double of_features, const char **cause);

#endif
