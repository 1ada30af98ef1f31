# leukvk_shaders: every shaders/*.comp compiled to SPIR-V, validated and embedded (see src/vulkan/shaders.h).
# No compiler is needed at run time.

set(LEUKVK_SHADERS "" CACHE PATH "shaders of another build of these sources (its folder `shaders`), not to be compiled again")

find_program(GLSLC glslc REQUIRED)
find_program(SPIRV_VAL spirv-val REQUIRED)

add_executable(embed-shaders ${CMAKE_SOURCE_DIR}/tools/embed-shaders.c)

file(GLOB shader_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/shaders/*.comp)
set(shader_folder ${CMAKE_BINARY_DIR}/shaders)
file(MAKE_DIRECTORY ${shader_folder})
set(shader_binaries)
foreach(source ${shader_sources})
    get_filename_component(name ${source} NAME_WE)
    if(LEUKVK_SHADERS)
        list(APPEND shader_binaries ${LEUKVK_SHADERS}/${name}.spv)
        continue()
    endif()
    set(binary ${shader_folder}/${name}.spv)
    add_custom_command(OUTPUT ${binary}
        COMMAND ${GLSLC} --target-env=vulkan1.1 -O -Werror -I${CMAKE_SOURCE_DIR}/shaders -MD -MF ${binary}.d
                -o ${binary} ${source}
        COMMAND ${SPIRV_VAL} --target-env vulkan1.1 ${binary}
        DEPENDS ${source} DEPFILE ${binary}.d VERBATIM COMMENT "Shader ${name}")
    list(APPEND shader_binaries ${binary})
endforeach()

add_custom_command(OUTPUT ${shader_folder}/shaders.c
    COMMAND embed-shaders ${shader_folder}/shaders.c ${shader_binaries}
    DEPENDS embed-shaders ${shader_binaries} VERBATIM COMMENT "Embedding shaders")
add_library(leukvk_shaders STATIC ${shader_folder}/shaders.c)
target_include_directories(leukvk_shaders PRIVATE ${CMAKE_SOURCE_DIR}/src)
