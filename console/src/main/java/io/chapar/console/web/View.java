package io.chapar.console.web;

/// What a page asks for: looks at the cluster and answers with records, lists and maps that become JSON. Blocks. How
/// large an answer can be is bounded by each view.
public interface View {
    Object look(Query query);
}
