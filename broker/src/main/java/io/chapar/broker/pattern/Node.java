package io.chapar.broker.pattern;

import java.util.List;

/// An expression as it was read.
sealed interface Node {
    int ENDLESS = -1;

    record One(Characters of) implements Node {}

    /// The beginning of the name, or its end.
    record Edge(boolean atEnd) implements Node {}

    /// One behind the other; none for the empty text.
    record Row(List<Node> parts) implements Node {}

    record Choice(List<Node> ways) implements Node {}

    /// @param most or [#ENDLESS]
    record Repeated(Node what, int least, int most) implements Node {}
}
