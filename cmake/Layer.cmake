# leukvk_layer(NAME [APART] LINKS target...): the static library leukvk_NAME from src/NAME/*.c. APART: it is in no library that is
# installed.
#
# Its headers are reached as "NAME/header.h" through a folder that holds nothing but a link to src/NAME, so a layer can
# include exactly the layers in its link list: an include against the direction of the dependencies does not compile.
#
# All objects are position independent and hide what is not LVK_API, so that the program, the shared library and the static one
# are made of the same (cmake/Library.cmake). The property LEUKVK_OBJECTS of the project lists the libraries that have them.

set(LEUKVK_C_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wmissing-prototypes -Wstrict-prototypes
    -Wpointer-arith -Wvla -Wwrite-strings -Werror=implicit-function-declaration -Werror=vla)

function(leukvk_warnings target)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C>:${LEUKVK_C_WARNINGS}>)
    if(LEUKVK_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
    if(LEUKVK_SANITIZE STREQUAL thread)
        target_compile_options(${target} PRIVATE -fsanitize=thread -fno-omit-frame-pointer)
        target_link_options(${target} PUBLIC -fsanitize=thread)
    elseif(LEUKVK_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-sanitize-recover=undefined
            -fno-omit-frame-pointer)
        target_link_options(${target} PUBLIC -fsanitize=address,undefined)
    endif()
    if(LEUKVK_FUZZ)
        target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
            -fno-omit-frame-pointer)
        if(target MATCHES "leukvk_(backend|ops|reference|cpu|graph|selftest)") # they compare with no magic numbers, but very often
            target_compile_options(${target} PRIVATE -fno-sanitize-coverage=trace-cmp)
        endif()
        target_link_options(${target} PUBLIC -fsanitize=address,undefined)
    endif()
    target_compile_definitions(${target} PRIVATE _POSIX_C_SOURCE=200809L)
endfunction()

function(leukvk_objects target)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)
    set_property(GLOBAL APPEND PROPERTY LEUKVK_OBJECTS ${target})
endfunction()

function(leukvk_layer name)
    cmake_parse_arguments(arg "APART" "" "LINKS" ${ARGN})
    set(include_dir ${PROJECT_BINARY_DIR}/layers/${name})
    file(MAKE_DIRECTORY ${include_dir})
    file(CREATE_LINK ${PROJECT_SOURCE_DIR}/src/${name} ${include_dir}/${name} SYMBOLIC)
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.c)
    if(sources)
        add_library(leukvk_${name} STATIC ${sources})
        target_include_directories(leukvk_${name} PUBLIC ${include_dir} ${PROJECT_SOURCE_DIR}/include
            ${PROJECT_BINARY_DIR}/include)
        target_link_libraries(leukvk_${name} PUBLIC ${arg_LINKS} m)
        leukvk_warnings(leukvk_${name})
        if(NOT arg_APART)
            leukvk_objects(leukvk_${name})
        endif()
    else()
        add_library(leukvk_${name} INTERFACE)
        target_include_directories(leukvk_${name} INTERFACE ${include_dir} ${PROJECT_SOURCE_DIR}/include
            ${PROJECT_BINARY_DIR}/include)
        target_link_libraries(leukvk_${name} INTERFACE ${arg_LINKS})
    endif()
endfunction()
