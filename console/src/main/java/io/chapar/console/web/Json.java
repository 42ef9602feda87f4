package io.chapar.console.web;

import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.json.JsonMapper;

/// A class of its own, for it is loaded when it is first used: long after the broker has started.
final class Json {
    private static final int DEEPEST = 4;

    static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder().streamReadConstraints(
            StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build()).build()).build();

    private Json() {
    }
}
