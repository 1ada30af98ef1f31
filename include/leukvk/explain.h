/* What a model looks at: heat maps of images, and how much of the heat lies where there is no cell.
 *
 * Grad-CAM (R. R. Selvaraju et al., "Grad-CAM: Visual explanations from deep networks via gradient-based
 * localization", ICCV 2017, equations 1 and 2): with the maps A[k] of the last convolution, after its ReLU,
 * and the logit y of a class,
 *
 * alpha[k] = mean over places of dy / dA[k], map = relu(sum over k of alpha[k] A[k]),
 *
 * by the gradients of the graph itself, on the device. y is the logit over the model's temperature
 * (leukvk/calibrate.h); of the negative class of two, whose logit is that of the positive one with the
 * other sign, -y. Where a model adds the logit of the cell's area and hue to that of its net (docs/model.md),
 * the heat is that of the net: the other logit has no places. The map is brought to the crop's pixels by
 * bilinear interpolation between its places, each of which lies at the centre of what it sees of the image;
 * beyond the outermost places their value counts.
 *
 * Occlusion (M. D. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014):
 * a square patch is moved over the crop in steps of half its side, and what is below it becomes black, as
 * the ground of segmented cells is. A pixel's value is by how much the probability of the class falls,
 * the mean over the patches that lie on the pixel; where it rises, 0. It shows the whole model, the logit of
 * area and hue included, and needs no gradients. It cannot show ground: black on black changes nothing. */
#ifndef LEUKVK_EXPLAIN_H
#define LEUKVK_EXPLAIN_H

#include "leukvk/predict.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Makes heat maps by the model of a classifier, on the classifier's device, with networks of its own that
 * have the same parameters. One thread at a time may use an explainer and its classifier. */
typedef struct lvk_explainer lvk_explainer;

typedef enum lvk_explain_method { LVK_EXPLAIN_GRAD_CAM, LVK_EXPLAIN_OCCLUSION } lvk_explain_method;

/* Zero means the default. */
typedef struct lvk_explain_options {
    size_t struct_size; /* sizeof this struct; 0: its size in version 0.1 */
    lvk_explain_method method;
    uint32_t
        member;   /* of a joined file: the only model to explain, from 1. 0: all, by the mean of their maps */
    double patch; /* side of the patch of occlusion in sides of the crop, 0.02 to 1; 0: 0.125 */
} lvk_explain_options;

#define LVK_EXPLAIN_LEAST_PATCH 0.02
#define LVK_EXPLAIN_PATCH       0.125
/* Falls of the probability of which none is larger are no heat. */
#define LVK_EXPLAIN_LEAST_FALL 0.001

/* The classifier must outlive the explainer, which the caller destroys. `options` may be NULL.
 * LVK_ERROR_ARGUMENT: an option is out of range; LVK_ERROR_MEMORY. */
LVK_API LVK_MUST_USE lvk_status lvk_explainer_create(lvk_classifier *classifier,
                                                     const lvk_explain_options *options,
                                                     lvk_explainer **explainer);
LVK_API void lvk_explainer_destroy(lvk_explainer **explainer);

/* Classes by number: of two 0 is the negative and 1 the positive one; of three and more, as in the rows of
 * predictions. LVK_EXPLAIN_CALLED is the class that the image is called: of two by the model's threshold, of
 * three and more the one with the highest probability. */
enum { LVK_EXPLAIN_CALLED = -1 };

/* The number of the class with this name. LVK_ERROR_ARGUMENT: there is none; the error line lists all. */
LVK_API LVK_MUST_USE lvk_status lvk_explainer_find_class(const lvk_explainer *explainer, const char *name,
                                                         uint32_t *class_index);

/* The name of a class; it belongs to the classifier. NULL past the last. */
LVK_API const char *lvk_explainer_class_name(const lvk_explainer *explainer, uint32_t class_index);

/* How hot a crop is, and where.
 *
 * The places of a crop are of three kinds. The cell is the largest region of pixels that are not black (a
 * pixel is black when no channel exceeds 0, or 16 where the file was JPEG or WebP), connected along rows
 * and columns, with its holes. Ground are the black pixels outside of it, and those of a crop that
 * reaches beyond the image. The rest is neither: other cells, fragments, marks, text. A share of the heat
 * is the sum of the map over such places over the sum of the whole map. */
typedef struct lvk_heat {
    uint32_t class_index; /* whose heat it is */
    double p;             /* the probability of that class for the crop */
    /* The map's largest value before it is divided by it. Grad-CAM: of a logit; occlusion: the mean fall
     * of the probability, up to 1. 0: there is no heat, nothing speaks for the class */
    double maximum;
    /* Shares of the heat, 0 to 1, that lie on ground and outside of the cell. NAN: there is no heat, or less than
     * 1 % of the crop is ground, so that nothing tells cell from ground */
    double on_ground, outside_cell;
    /* The shares of the crop that are ground, and outside of the cell: an even map has that much of its heat there */
    double ground, outside;
} lvk_heat;

/* Whether the model looks beside the cell: more than half of the heat lies outside of it, and at least nine tenths of
 * what an even map would have there. (Where the cell is small, a coarse map of heat on the cell reaches beyond it.) */
LVK_API bool lvk_heat_is_astray(const lvk_heat *heat);

typedef enum lvk_heat_place { LVK_PLACE_GROUND, LVK_PLACE_CELL, LVK_PLACE_OTHER } lvk_heat_place;

typedef struct lvk_explanation {
    lvk_heat heat;
    uint32_t side;   /* S: rows and columns of the crop in pixels, at the scale of the model's images */
    float *map;      /* [S][S], rows from the top: 0 to 1, the largest value being 1; all 0 without heat */
    uint8_t *pixels; /* [S][S][3] the crop: red, green, blue */
    uint8_t *places; /* [S][S] lvk_heat_place */
} lvk_explanation;

/* Explains image `index` of a data set, for a class by number or LVK_EXPLAIN_CALLED. The caller finishes
 * *explanation; on failure it is empty. LVK_ERROR_IO: the image can no longer be read, or is another than
 * the data set read; LVK_ERROR_ARGUMENT: no such class; LVK_ERROR_NUMERIC; LVK_ERROR_MEMORY; errors of
 * the device. */
LVK_API LVK_MUST_USE lvk_status lvk_explain_image(lvk_explainer *explainer, const lvk_dataset *dataset,
                                                  uint32_t index, int class_index,
                                                  lvk_explanation *explanation);

/* The same for the file at `path`, and for the `size` bytes of a file (`name` is for the error line). The
 * image's microns per pixel are 0 where they are not known. Also LVK_ERROR_FORMAT: it is no image, or of quite another
 * scale than the model's. */
LVK_API LVK_MUST_USE lvk_status lvk_explain_file(lvk_explainer *explainer, const char *path,
                                                 double microns_per_pixel, int class_index,
                                                 lvk_explanation *explanation);
LVK_API LVK_MUST_USE lvk_status lvk_explain_bytes(lvk_explainer *explainer, const char *name,
                                                  const void *data, size_t size, double microns_per_pixel,
                                                  int class_index, lvk_explanation *explanation);

/* The same for a picture that was decoded for the explainer's classifier. */
LVK_API LVK_MUST_USE lvk_status lvk_explain_picture(lvk_explainer *explainer, const lvk_picture *picture,
                                                    int class_index, lvk_explanation *explanation);

/* Frees the arrays; accepts an empty explanation. */
LVK_API void lvk_explanation_finish(lvk_explanation *explanation);

/* Writes a PNG file, replaced whole: the crop, beside it in grey with the map in colours over it and a
 * line around the cell, the scale of the colours and the shares. */
LVK_API LVK_MUST_USE lvk_status lvk_explanation_write(const lvk_explainer *explainer,
                                                      const lvk_explanation *explanation, const char *path);

/* Lays the map over the crop: rgb[S][S][3], for a page that has a text and a scale of its own. */
LVK_API void lvk_explanation_overlay(const lvk_explanation *explanation, uint8_t *rgb);

/* The colour of a value of a map, from 0 to 1, as the pictures have it. */
LVK_API void lvk_heat_colour(double value, uint8_t rgb[3]);

/* What lvk_explain_images works on. */
typedef struct lvk_explain_job {
    const lvk_dataset *dataset;
    const uint32_t *images;     /* [count] data-set indices */
    const lvk_prediction *rows; /* [count] of the images, of the model's own classes: their paths */
    const uint32_t *called;     /* [count] the class that each image is called */
    size_t count;
    int class_index;               /* of the heat of all images; LVK_EXPLAIN_CALLED: each image's `called` */
    const char *folder;            /* to write; NULL: nothing is written */
    lvk_predict_progress progress; /* may be NULL */
    void *user;
} lvk_explain_job;

/* Whether lvk_explain_images may write to `folder`: it is not there, or empty, or holds a part of what an
 * lvk_explain_images that was stopped has written. LVK_ERROR_ARGUMENT names what is in the way. */
LVK_API LVK_MUST_USE lvk_status lvk_explain_folder_check(const char *folder);

/* Sets heats[i] of image images[i]; its `p` is NAN where the image can no longer be read, and a warning names it. With
 * a folder, which is made and marked as unfinished (.leukvk-unfinished) until it is complete, writes
 *  - NUMBER-NAME.png for each image, as lvk_explanation_write makes it;
 *  - mean-CLASS.png for each class that images are called: the mean of their crops and of their maps, each crop
 *    brought to one size;
 *  - last explain.csv with a line for each image: path, class (called), heat_of (class), p (of heat_of), maximum,
 *    on_ground, outside_cell, ground, outside (of lvk_heat; empty: NAN), picture. */
LVK_API LVK_MUST_USE lvk_status lvk_explain_images(lvk_explainer *explainer, const lvk_explain_job *job,
                                                   lvk_heat *heats);

/* The name of the picture of image number `i` of a job, in its folder. The caller frees it with
 * lvk_text_free. NULL when memory is out. */
LVK_API char *lvk_explain_picture_name(size_t i, const char *path);

#ifdef __cplusplus
}
#endif
#endif
