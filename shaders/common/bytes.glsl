#ifndef LVK_BYTES_GLSL
#define LVK_BYTES_GLSL
/* A word of an LVK_U8 tensor holds four elements, the first in the lowest byte. */
uvec4 lvk_unpack_bytes(uint word) {
    return (uvec4(word) >> uvec4(0, 8, 16, 24)) & 255u;
}

uint lvk_pack_bytes(uvec4 bytes) {
    return bytes.x | bytes.y << 8 | bytes.z << 16 | bytes.w << 24;
}
#endif
