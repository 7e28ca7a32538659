# `cmake --install BUILD --prefix DIR` and `cpack` in the build folder. What is installed finds the rest by the way from
# the program (app/places.h), so the tree may lie anywhere.
include(GNUInstallDirs)
set(private_lib lib/featurescope) # as app/places.h says; no architecture's folder, so that the way stays the same
set(desktop ${CMAKE_SOURCE_DIR}/resources/desktop/org.featurescope.Featurescope)
set(programs featurescope-cli)
if(FEATURESCOPE_GUI)
    list(APPEND programs featurescope)
endif()
set_target_properties(featurescope_core featurescope_cli PROPERTIES INSTALL_RPATH "$ORIGIN")
install(TARGETS ${programs} RUNTIME DESTINATION bin)
install(TARGETS featurescope_core featurescope_cli LIBRARY DESTINATION ${private_lib})
install(DIRECTORY ${FEATURESCOPE_RESOURCES}/builtin ${FEATURESCOPE_RESOURCES}/packs DESTINATION share/featurescope
    PATTERN *.unpacked EXCLUDE)
install(FILES LICENSE THIRD_PARTY.md README.md DESTINATION share/doc/featurescope)
if(FEATURESCOPE_GUI)
    install(FILES ${desktop}.svg DESTINATION share/featurescope/desktop)
    install(FILES ${desktop}.svg DESTINATION share/icons/hicolor/scalable/apps)
    install(FILES ${desktop}.desktop DESTINATION share/applications)
    install(FILES ${desktop}.metainfo.xml DESTINATION share/metainfo)
    install(FILES ${desktop}.mime.xml DESTINATION share/mime/packages RENAME org.featurescope.Featurescope.xml)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME featurescope)
set(CPACK_PACKAGE_VENDOR "The Featurescope authors")
set(CPACK_PACKAGE_CONTACT "The Featurescope authors <authors@featurescope.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Look inside a language model and change what it does")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Opens a language model and its sparse dictionaries offline in one window:
 find and label features, steer with them, trace circuits. With a command line.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/core)
# What is opened at run time and so is no name in a program: platforms, SVG icons, X11's cursors, a font, and a linear
# algebra library that is fast (torch is content with any).
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libopenblas0-pthread")
if(FEATURESCOPE_GUI)
    string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", qt6-qpa-plugins, libqt6svg6, libxcb-cursor0, fonts-dejavu-core")
endif()
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
