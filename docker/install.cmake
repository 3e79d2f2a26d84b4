# `cmake --install build --prefix DIR`: the layout that parleyd finds its parts in
# (server/config/place.c) when it runs from DIR/bin.
install(TARGETS parleyd parley-worker RUNTIME DESTINATION bin)
install(PROGRAMS ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/parleyctl DESTINATION bin)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/workers/parley DESTINATION share/parley/workers
    PATTERN __pycache__ EXCLUDE)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/web/dist/ DESTINATION share/parley/web)
install(FILES ${CMAKE_SOURCE_DIR}/docker/parley.conf ${CMAKE_SOURCE_DIR}/docker/parley.service
    DESTINATION share/parley)
