#include "common/flat.glsl"
#include "common/vectors.glsl"
#include "params/global_average_pool.h"

/* The channels are a multiple of four. */
layout(constant_id = 0) const bool VECTORS = true;

LVK_VECTORS(0, dy);
layout(binding = 1) writeonly buffer DX {
    vec4 dx[];
};

/* Where the gradient of element `element` of the images lies, `channels` to a pixel. */
uint source(uint element, uint channels) {
    return element / channels / params.pixels * channels + element % channels;
}

/* The last vector may reach past the last element: what it has there is not looked at, but must be read in bounds. */
float share(uint element) {
    return LVK_LOAD_ELEMENT(dy, source(min(element, params.count - 1u), params.channels));
}

void main() {
    const uint i = LVK_FLAT_INDEX;
    if (i * 4u >= params.count)
        return;
    const vec4 gradient = VECTORS ? LVK_LOAD(dy, source(i, params.channels / 4u))
                                  : vec4(share(i * 4u), share(i * 4u + 1u), share(i * 4u + 2u), share(i * 4u + 3u));
    dx[i] = gradient / float(params.pixels);
}
