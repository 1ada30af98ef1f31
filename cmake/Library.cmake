# The library that is installed, beside its headers, its pkg-config file and its CMake package: all objects of the layers as
# libleukvk.so (BUILD_SHARED_LIBS, the default) or libleukvk.a. Either shows what is marked LVK_API and nothing else: of the
# archive's one object, all other names, volk's among them, are made local.

include(CMakePackageConfigHelpers)

# Below 1.0 a minor version may change the interface, so that it is part of the name that programs look for.
if(PROJECT_VERSION_MAJOR EQUAL 0)
    set(LEUKVK_SOVERSION 0.${PROJECT_VERSION_MINOR})
    set(LEUKVK_COMPATIBILITY SameMinorVersion)
else()
    set(LEUKVK_SOVERSION ${PROJECT_VERSION_MAJOR})
    set(LEUKVK_COMPATIBILITY SameMajorVersion)
endif()

get_property(layers GLOBAL PROPERTY LEUKVK_OBJECTS)
set(objects)
foreach(layer ${layers})
    list(APPEND objects $<TARGET_OBJECTS:${layer}>)
endforeach()

# What a program that links the archive has to link as well.
set(archive_needs)
foreach(module JANSSON XXHASH PNG JPEG TIFF WEBP ZLIB PROTOBUF_C MICROHTTPD)
    list(APPEND archive_needs ${${module}_LDFLAGS})
endforeach()
if(LEUKVK_CPU)
    list(APPEND archive_needs -ldnnl ${OpenMP_C_FLAGS})
endif()
list(APPEND archive_needs -lm -ldl -pthread)
list(REMOVE_DUPLICATES archive_needs)

add_library(leukvk_shared SHARED ${objects})
set_target_properties(leukvk_shared PROPERTIES OUTPUT_NAME leukvk VERSION ${PROJECT_VERSION} SOVERSION ${LEUKVK_SOVERSION}
    LINKER_LANGUAGE C)
target_link_libraries(leukvk_shared PRIVATE leukvk_api)
target_link_options(leukvk_shared PRIVATE -Wl,--exclude-libs,ALL)
if(NOT LEUKVK_SANITIZE) # whose functions are in the program
    target_link_options(leukvk_shared PRIVATE -Wl,--no-undefined)
endif()

set(archive ${PROJECT_BINARY_DIR}/libleukvk.a)
add_custom_command(OUTPUT ${archive}
    COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -o ${archive}.o ${objects}
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${archive}.o
    COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
    COMMAND ${CMAKE_AR} qcsD ${archive} ${archive}.o
    COMMAND ${CMAKE_COMMAND} -E rm ${archive}.o
    DEPENDS ${objects} COMMAND_EXPAND_LISTS VERBATIM COMMENT "Static library libleukvk.a")
add_custom_target(leukvk_static ALL DEPENDS ${archive})

if(BUILD_SHARED_LIBS)
    set(LEUKVK_KIND SHARED)
    set(LEUKVK_FILE libleukvk.so.${LEUKVK_SOVERSION})
    set_target_properties(leukvk_static PROPERTIES EXCLUDE_FROM_ALL ON) # of `all`; the tests ask for it
    install(TARGETS leukvk_shared LIBRARY COMPONENT runtime NAMELINK_COMPONENT development)
else()
    set(LEUKVK_KIND STATIC)
    set(LEUKVK_FILE libleukvk.a)
    set(LEUKVK_NEEDS ${archive_needs})
    list(JOIN archive_needs " " LEUKVK_PC_NEEDS)
    set_target_properties(leukvk_shared PROPERTIES EXCLUDE_FROM_ALL ON)
    install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
endif()

install(DIRECTORY include/leukvk ${PROJECT_BINARY_DIR}/include/leukvk DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    COMPONENT development FILES_MATCHING PATTERN *.h)

# Both find the library from where they lie, so that the folder that all was installed to can be moved.
file(RELATIVE_PATH LEUKVK_PC_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/leukvk.pc.in ${PROJECT_BINARY_DIR}/leukvk.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/leukvk.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
configure_package_config_file(cmake/leukvkConfig.cmake.in ${PROJECT_BINARY_DIR}/leukvkConfig.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/leukvk PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/leukvkConfigVersion.cmake COMPATIBILITY ${LEUKVK_COMPATIBILITY})
install(FILES ${PROJECT_BINARY_DIR}/leukvkConfig.cmake ${PROJECT_BINARY_DIR}/leukvkConfigVersion.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/leukvk COMPONENT development)
