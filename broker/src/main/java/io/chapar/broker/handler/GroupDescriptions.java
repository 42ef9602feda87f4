package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/// Groups of one kind that a client wants described: each once, in its order, and no more than an answer may have. The
/// coordinators are asked group by group; the answer is built when it is known how large it will be, and that it fits
/// beside all others.
///
/// @param <D> what the coordinator says of a group
/// @param <G> the group in the answer
final class GroupDescriptions<D extends GroupReply, G> {
    private final GroupCoordinators groups;
    private final Function<String, GroupCommand<D>> asking;
    private final ToLongFunction<D> elements;
    private final BiFunction<String, D, G> group;

    /// @param elements of the group in the answer, over all lists; texts count as [AnswerSize#ofBytes] has them
    /// @param group of this name in the answer
    GroupDescriptions(GroupCoordinators groups, Function<String, GroupCommand<D>> asking, ToLongFunction<D> elements,
            BiFunction<String, D, G> group) {
        this.groups = groups;
        this.asking = asking;
        this.elements = elements;
        this.group = group;
    }

    /// `done` runs on the connection's loop, unless the answer would be too large for any.
    void gather(List<String> names, RequestContext context, Consumer<List<G>> done) {
        SequencedMap<String, D> found = new LinkedHashMap<>();
        AnswerSize size = new AnswerSize(context);
        Slices.inTurn(context.loop(), new LinkedHashSet<>(names),
                (name, next) -> groups.submit(asking.apply(name), context.caller(), described -> {
                    found.put(name, described);
                    if (size.grows(elements.applyAsLong(described), "more members than fit into one answer")) {
                        next.run();
                    }
                }),
                () -> context.afford(size.elements(), () -> build(found, context, done)));
    }

    private void build(SequencedMap<String, D> found, RequestContext context, Consumer<List<G>> done) {
        List<G> all = new ArrayList<>();
        Slices.each(context.loop(), found.entrySet(),
                one -> (int) Math.min(Integer.MAX_VALUE, elements.applyAsLong(one.getValue())),
                one -> all.add(group.apply(one.getKey(), one.getValue())),
                () -> done.accept(all));
    }
}
