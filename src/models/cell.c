#include "models/cell.h"

#include <math.h>

/* clamp(z, 0, 1) = relu(z) - relu(z - 1); the lines of the density are sums of relu(colour - point), of the green and then of the
 * blue */
enum {
    GROUND_FILTERS = 2,
    FIRST_OF_BLUE = GROUND_FILTERS + LVK_DENSITY_PIECES,
    MOST_FILTERS = FIRST_OF_BLUE + LVK_DENSITY_PIECES
};
enum { MEASURES = 2 }; /* ground and hue; without hue the two filters of the ground */
enum { GREEN = 1, BLUE = 2 };

/* The lines of the density: the intensity of each point, and how much steeper the line after it is than the one before. */
typedef struct density_lines {
    double point[LVK_DENSITY_PIECES + 1], bend[LVK_DENSITY_PIECES];
} density_lines;

static density_lines make_lines(void) {
    const double ratio = log(1 / LVK_DENSITY_LEAST) / LVK_DENSITY_PIECES;
    density_lines lines;
    for (int j = 0; j <= LVK_DENSITY_PIECES; ++j)
        lines.point[j] = LVK_DENSITY_LEAST * pow(1 / LVK_DENSITY_LEAST, (double)j / LVK_DENSITY_PIECES);
    for (int j = 0; j < LVK_DENSITY_PIECES; ++j)
        lines.bend[j] = (j ? ratio / (lines.point[j] - lines.point[j - 1]) : 0) -
                        ratio / (lines.point[j + 1] - lines.point[j]);
    return lines;
}

static double density_of(const density_lines *lines, double intensity) {
    double density = -log(LVK_DENSITY_LEAST);
    for (int j = 0; j < LVK_DENSITY_PIECES; ++j)
        density += lines->bend[j] * fmax(intensity - lines->point[j], 0);
    return density;
}

double lvk_cell_density(double intensity) {
    const density_lines lines = make_lines();
    return density_of(&lines, intensity);
}

void lvk_cell_densities(double densities[256]) {
    const density_lines lines = make_lines();
    for (int v = 0; v < 256; ++v)
        densities[v] = density_of(&lines, v / 255.0);
}

int lvk_cell_build(lvk_builder *builder, int images, lvk_cell_measures measures, uint32_t count) {
    const bool frozen = builder->frozen, hue = measures == LVK_CELL_AREA_AND_HUE;
    const size_t first = builder->parameter_count;
    builder->frozen = true;
    int x = lvk_layer_conv2d(builder, "ground", images, hue ? MOST_FILTERS : GROUND_FILTERS, 1, true);
    if (hue) /* before the mean, whose rounding would otherwise be that of far greater numbers */
        x = lvk_layer_conv2d(builder, "hue", x, MEASURES, 1, false);
    x = lvk_layer_global_average_pool(builder, "ground_pool", x);
    x = lvk_layer_dense(builder, "area", x, count, false);
    builder->frozen = frozen;
    for (size_t p = first; p < builder->parameter_count; ++p)
        builder->parameters[p].initializer = LVK_INIT_ZEROS;
    return x;
}

/* The first convolution, with `filters` filters. */
static void set_filters(const lvk_builder *builder, const lvk_cell_parameters *p, int filters, float *block) {
    const density_lines lines = make_lines();
    double kernel[3 * MOST_FILTERS], bias[MOST_FILTERS];
    for (int f = 0; f < filters; ++f) {
        const int piece = (f - GROUND_FILTERS) % LVK_DENSITY_PIECES,
                  channel = f < FIRST_OF_BLUE ? GREEN : BLUE;
        const bool ground = f < GROUND_FILTERS;
        bias[f] = ground ? 2 - f : p->mean[channel] - lines.point[piece];
        for (int c = 0; c < 3; ++c) {
            kernel[c * filters + f] = ground         ? -LVK_GROUND_STEEPNESS * p->deviation[c]
                                      : c == channel ? p->deviation[c]
                                                     : 0;
            bias[f] -= ground ? LVK_GROUND_STEEPNESS * p->mean[c] : 0;
        }
    }
    lvk_parameter_set(builder, "ground/kernel", kernel, block);
    lvk_parameter_set(builder, "ground/bias", bias, block);
}

/* The second convolution: ground and hue of each pixel. */
static void set_measures(const lvk_builder *builder, const lvk_cell_parameters *p, float *block) {
    const double of_ground = (1 - p->balance) * lvk_cell_density(0), bias[MEASURES] = {0, of_ground};
    const density_lines lines = make_lines();
    double kernel[MOST_FILTERS][MEASURES] = {{1, -of_ground}, {-1, of_ground}};
    for (int f = GROUND_FILTERS; f < MOST_FILTERS; ++f)
        kernel[f][1] =
            lines.bend[(f - GROUND_FILTERS) % LVK_DENSITY_PIECES] * (f < FIRST_OF_BLUE ? -p->balance : 1);
    lvk_parameter_set(builder, "hue/kernel", &kernel[0][0], block);
    lvk_parameter_set(builder, "hue/bias", bias, block);
}

void lvk_cell_set(const lvk_builder *builder, const lvk_cell_parameters *parameters, float *block) {
    const bool hue = lvk_parameter_find(builder, "hue/kernel") != NULL;
    const uint64_t count = lvk_type_count(&lvk_parameter_find(builder, "area/bias")->type);
    double kernel[MEASURES * LVK_MOST_CLASSES];
    for (uint64_t k = 0; k < count; ++k) {
        kernel[k] = parameters->area[k];
        kernel[count + k] = hue ? parameters->hue[k] : -parameters->area[k];
    }
    set_filters(builder, parameters, hue ? MOST_FILTERS : GROUND_FILTERS, block);
    if (hue)
        set_measures(builder, parameters, block);
    lvk_parameter_set(builder, "area/kernel", kernel, block);
    lvk_parameter_set(builder, "area/bias", parameters->bias, block);
}
