# leukvk_shaders: every kernel of shaders/ (variants.txt, *.comp) compiled to SPIR-V, validated and embedded (see src/vulkan/shaders.h).
# No compiler is needed at run time.

set(LEUKVK_SHADERS "" CACHE PATH "shaders of another build of these sources (its folder `shaders`), not to be compiled again")

find_program(GLSLC glslc REQUIRED)
find_program(SPIRV_OPT spirv-opt REQUIRED)
find_program(SPIRV_VAL spirv-val REQUIRED)

# What `glslc -Os` does, which takes half the time of -O for the same code, but eliminate-dead-members: parameters that a kernel
# does not read stay in its block, whose layout is checked when a pipeline is made.
set(shader_passes wrap-opkill eliminate-dead-branches merge-return inline-entry-points-exhaustive eliminate-dead-functions
    private-to-local scalar-replacement=0 ssa-rewrite ccp loop-unroll eliminate-dead-branches simplify-instructions
    scalar-replacement=0 eliminate-local-single-store if-conversion simplify-instructions eliminate-dead-code-aggressive
    eliminate-dead-branches merge-blocks convert-local-access-chains eliminate-local-single-block eliminate-dead-code-aggressive
    copy-propagate-arrays vector-dce eliminate-dead-inserts eliminate-local-single-store merge-blocks ssa-rewrite
    redundancy-elimination simplify-instructions eliminate-dead-code-aggressive cfg-cleanup strip-debug)
list(TRANSFORM shader_passes PREPEND --)

add_executable(embed-shaders ${PROJECT_SOURCE_DIR}/tools/embed-shaders.c)
target_include_directories(embed-shaders PRIVATE ${PROJECT_SOURCE_DIR}/src)

# shaders/variants.txt: NAME = SOURCE -DA=1 ...
set(shader_variants ${PROJECT_SOURCE_DIR}/shaders/variants.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${shader_variants})
file(STRINGS ${shader_variants} variant_lines REGEX "^[^#]")
set(shader_names)
foreach(line ${variant_lines})
    if(NOT line MATCHES "^([a-z0-9_]+) += ([a-z0-9_]+)(( -D[A-Z_]+=[0-9]+)+)$")
        message(FATAL_ERROR "${shader_variants}: \"${line}\" is not NAME = SOURCE -DA=1 ...")
    endif()
    set(name ${CMAKE_MATCH_1})
    if(NOT EXISTS ${PROJECT_SOURCE_DIR}/shaders/${CMAKE_MATCH_2}.comp)
        message(FATAL_ERROR "${shader_variants}: \"${line}\": there is no shaders/${CMAKE_MATCH_2}.comp")
    endif()
    if(name IN_LIST shader_names)
        message(FATAL_ERROR "${shader_variants}: two lines begin with ${name}")
    endif()
    list(APPEND shader_names ${name})
    list(APPEND varied_sources ${CMAKE_MATCH_2})
    set(source_of_${name} ${CMAKE_MATCH_2})
    separate_arguments(defines_of_${name} UNIX_COMMAND "${CMAKE_MATCH_3}")
endforeach()
file(GLOB shader_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/shaders/*.comp)
foreach(path ${shader_sources})
    get_filename_component(name ${path} NAME_WE)
    if(NOT name IN_LIST varied_sources)
        list(APPEND shader_names ${name})
        set(source_of_${name} ${name})
        set(defines_of_${name})
    endif()
endforeach()
list(SORT shader_names)

set(shader_folder ${PROJECT_BINARY_DIR}/shaders)
file(MAKE_DIRECTORY ${shader_folder})
set(shader_binaries)
foreach(name ${shader_names})
    if(LEUKVK_SHADERS)
        if(NOT EXISTS ${LEUKVK_SHADERS}/${name}.spv)
            message(FATAL_ERROR "${LEUKVK_SHADERS}, given by LEUKVK_SHADERS, has no ${name}.spv: it belongs to other sources. "
                "-DLEUKVK_SHADERS= compiles the shaders of these.")
        endif()
        list(APPEND shader_binaries ${LEUKVK_SHADERS}/${name}.spv)
        continue()
    endif()
    set(binary ${shader_folder}/${name}.spv)
    set(source ${PROJECT_SOURCE_DIR}/shaders/${source_of_${name}}.comp)
    add_custom_command(OUTPUT ${binary}
        COMMAND ${GLSLC} --target-env=vulkan1.1 -O0 -Werror ${defines_of_${name}} -I${PROJECT_SOURCE_DIR}/shaders -MD
                -MF ${binary}.d -MT ${binary} -o ${binary}.plain ${source}
        COMMAND ${SPIRV_OPT} ${shader_passes} -o ${binary} ${binary}.plain
        COMMAND ${SPIRV_VAL} --target-env vulkan1.1 ${binary}
        DEPENDS ${source} DEPFILE ${binary}.d VERBATIM COMMENT "Shader ${name}")
    list(APPEND shader_binaries ${binary})
endforeach()

add_custom_command(OUTPUT ${shader_folder}/shaders.c
    COMMAND embed-shaders ${shader_folder}/shaders.c ${shader_binaries}
    DEPENDS embed-shaders ${shader_binaries} VERBATIM COMMENT "Embedding shaders")
add_library(leukvk_shaders STATIC ${shader_folder}/shaders.c)
target_include_directories(leukvk_shaders PRIVATE ${PROJECT_SOURCE_DIR}/src)
leukvk_objects(leukvk_shaders)
