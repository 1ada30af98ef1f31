# Man pages and completions of shells, and Debian packages: leukvk (the program), libleukvk0.1 and libleukvk-dev. `cpack` in the
# build folder writes them, after a build that was configured with -DCMAKE_INSTALL_PREFIX=/usr (tools/package.sh does all).

find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
    set(help ${PROJECT_BINARY_DIR}/help)
    add_custom_command(OUTPUT ${help}/zsh/_leukvk
        COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/help-files.py $<TARGET_FILE:leukvk> ${help}
        DEPENDS leukvk ${PROJECT_SOURCE_DIR}/tools/help-files.py
            ${PROJECT_SOURCE_DIR}/tools/fetch-weights.sh VERBATIM COMMENT "Man pages and completions")
    add_custom_target(leukvk_help ALL DEPENDS ${help}/zsh/_leukvk)
    install(DIRECTORY ${help}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT tools)
    install(FILES ${help}/bash/leukvk DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tools)
    install(FILES ${help}/zsh/_leukvk DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT tools)
else()
    message(NOTICE "Man pages and completions of shells are not made: Python 3 is missing.")
endif()

set(LEUKVK_MAINTAINER "leukvk maintainers <maintainers@users.noreply.r-seed-5b5ac61b.example>")
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME leukvk)
set(CPACK_PACKAGE_CONTACT ${LEUKVK_MAINTAINER})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL tools runtime development)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR})
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)

function(leukvk_package component name section summary)
    string(TOUPPER ${component} upper)
    set(prefix CPACK_DEBIAN_${upper})
    set(${prefix}_PACKAGE_NAME ${name} PARENT_SCOPE)
    set(${prefix}_PACKAGE_SECTION ${section} PARENT_SCOPE)
    set(${prefix}_FILE_NAME DEB-DEFAULT PARENT_SCOPE)
    set(${prefix}_DESCRIPTION "${summary}
leukvk trains, evaluates and runs image classifiers for acute lymphoblastic
leukaemia, on graphics cards through Vulkan or on the processor. It is for
research and teaching, and no medical device." PARENT_SCOPE)
    set(overrides ${PROJECT_BINARY_DIR}/packaging/overrides/${name})
    file(WRITE ${overrides} "# No package of Debian's archive.\n${name}: initial-upload-closes-no-bugs\n")
    if(component STREQUAL runtime)
        file(APPEND ${overrides} "# CPack's own, beside the trigger.\n${name}: maintscript-calls-ldconfig *\n")
    endif()
    install(FILES ${overrides} DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides COMPONENT ${component})
    configure_file(packaging/changelog.in ${PROJECT_BINARY_DIR}/packaging/changelog.Debian @ONLY)
    set(packed ${PROJECT_BINARY_DIR}/packaging/changelog.Debian.gz)
    execute_process(COMMAND gzip -9nkf ${PROJECT_BINARY_DIR}/packaging/changelog.Debian COMMAND_ERROR_IS_FATAL ANY)
    install(FILES packaging/copyright ${packed} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} COMPONENT ${component})
endfunction()

leukvk_package(tools leukvk science "classifiers of leukaemia cell images on Vulkan devices")
leukvk_package(runtime libleukvk${LEUKVK_SOVERSION} libs "classifiers of leukaemia cell images (shared library)")
leukvk_package(development libleukvk-dev libdevel "classifiers of leukaemia cell images (development files)")
set(CPACK_DEBIAN_TOOLS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TOOLS_PACKAGE_RECOMMENDS "libvulkan1, mesa-vulkan-drivers | vulkan-icd")
set(CPACK_DEBIAN_TOOLS_PACKAGE_SUGGESTS npm)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
file(WRITE ${PROJECT_BINARY_DIR}/packaging/shlibs "libleukvk ${LEUKVK_SOVERSION} libleukvk${LEUKVK_SOVERSION} (>= ${PROJECT_VERSION})\n")
file(WRITE ${PROJECT_BINARY_DIR}/packaging/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/packaging/shlibs ${PROJECT_BINARY_DIR}/packaging/triggers)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS "libvulkan1, mesa-vulkan-drivers | vulkan-icd")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libleukvk${LEUKVK_SOVERSION} (= ${PROJECT_VERSION}-1)")
set(CPACK_LEUKVK_READER_FOLDER ${PROJECT_BINARY_DIR})
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/PackageNeeds.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/PackageTimes.cmake)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
include(CPack)
