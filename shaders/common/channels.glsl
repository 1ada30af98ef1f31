/* Tables that hold one number per channel. The including shader has included common/vectors.glsl before, and
 * has a parameter block with `channels` and `stride`, and a constant VECTORS, true where the channels are a
 * multiple of four.
 *
 *   LVK_CHANNELS(name, table, i)   what table number `table` (from 0) of the buffer holds for the channels of
 *                                  elements 4i .. 4i + 3 of a tensor */
#define LVK_CHANNEL_ELEMENT(name, table, at) LVK_LOAD_ELEMENT(name, (table)*params.stride * 4u + (at) % params.channels)
#define LVK_CHANNELS(name, table, i)                                                                         \
    (VECTORS ? LVK_LOAD(name, (table)*params.stride + (i) % (params.channels / 4u))                          \
             : vec4(LVK_CHANNEL_ELEMENT(name, table, (i)*4u), LVK_CHANNEL_ELEMENT(name, table, (i)*4u + 1u), \
                    LVK_CHANNEL_ELEMENT(name, table, (i)*4u + 2u), LVK_CHANNEL_ELEMENT(name, table, (i)*4u + 3u)))
