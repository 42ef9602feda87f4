package io.chapar.bench.recording;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A terminal as SVG, in which lines come when they came, again and again: nothing but style sheets moves it, so that
/// it moves where pictures may run no script. Who wants nothing to move, and whatever shows the picture and cannot,
/// sees how it ends.
///
/// Pauses are shortened: nobody has a minute.
final class Film {
    private static final int ROWS = 30;
    private static final double LETTER = 7.8;
    private static final int ROW = 18;
    private static final int MARGIN = 16;
    private static final int BAR = 30;
    private static final long LONGEST_PAUSE_MS = 900;
    private static final long SHORTEST_PAUSE_MS = 40;
    private static final long BEFORE_COMMAND_MS = 1_500;
    private static final long AFTER_ALL_MS = 8_000;

    private record Shown(String style, String text, long atMs) {
    }

    private final int columns;
    private final List<Shown> all = new ArrayList<>();
    private long nowMs;

    Film(int columns) {
        this.columns = columns;
    }

    /// Something that the person at the terminal says, and not the terminal.
    void remark(String text) {
        nowMs += BEFORE_COMMAND_MS;
        all.add(new Shown("remark", "# " + text, nowMs));
    }

    void command(String command, List<Screen.Line> said) {
        nowMs += BEFORE_COMMAND_MS;
        all.add(new Shown("command", "$ " + command, nowMs));
        long beforeMs = 0;
        for (Screen.Line line : said) {
            nowMs += Math.clamp(line.atMs() - beforeMs, SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS);
            beforeMs = line.atMs();
            all.add(new Shown("", line.text(), nowMs));
        }
        all.add(new Shown("", "", nowMs));
    }

    String svg(String title) {
        int width = (int) Math.ceil(2 * MARGIN + columns * LETTER);
        int height = BAR + ROWS * ROW + MARGIN;
        long lastsMs = nowMs + AFTER_ALL_MS;
        StringBuilder svg = new StringBuilder();
        svg.append("""
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" role="img" \
                aria-labelledby="title">
                <title id="title">%3$s</title>
                <style>
                text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; \
                fill: #d1d7e0; white-space: pre; }
                .command { fill: #7ee787; font-weight: 600; }
                .remark { fill: #9198a1; }
                .l, #all { animation: %4$dms step-end infinite; }
                @media (prefers-reduced-motion: reduce) { .l, #all { animation: none; } }
                """.formatted(width, height, escaped(title), lastsMs));
        times(svg, lastsMs);
        svg.append("""
                </style>
                <rect width="%1$d" height="%2$d" rx="8" fill="#0d1117"/>
                <circle cx="18" cy="15" r="5" fill="#ff5f57"/><circle cx="36" cy="15" r="5" fill="#febc2e"/>\
                <circle cx="54" cy="15" r="5" fill="#28c840"/>
                <clipPath id="window"><rect y="%3$d" width="%1$d" height="%4$d"/></clipPath>
                <g clip-path="url(#window)"><g id="all" style="animation-name:all" transform="translate(0 %5$d)">
                """.formatted(width, height, BAR, ROWS * ROW, -scrolled(all.size())));
        for (int i = 0; i < all.size(); i++) {
            Shown line = all.get(i);
            if (!line.text.isEmpty()) {
                svg.append("<text class=\"l").append(line.style.isEmpty() ? "" : " " + line.style)
                        .append("\" style=\"animation-name:l").append(i).append("\" x=\"").append(MARGIN)
                        .append("\" y=\"").append(BAR + i * ROW + 13).append("\">").append(escaped(line.text))
                        .append("</text>\n");
            }
        }
        return svg.append("</g></g>\n</svg>\n").toString();
    }

    /// When each line comes, and how far all are moved up meanwhile.
    private void times(StringBuilder svg, long lastsMs) {
        StringBuilder moves = new StringBuilder("@keyframes all { 0% { transform: none; } ");
        int before = 0;
        for (int i = 0; i < all.size(); i++) {
            String at = percent(all.get(i).atMs, lastsMs);
            if (!all.get(i).text.isEmpty()) {
                svg.append("@keyframes l").append(i).append(" { 0% { opacity: 0; } ").append(at)
                        .append(" { opacity: 1; } }\n");
            }
            int scrolled = scrolled(i + 1);
            if (scrolled != before) {
                moves.append(at).append(" { transform: translateY(").append(-scrolled).append("px); } ");
                before = scrolled;
            }
        }
        svg.append(moves).append("}\n");
    }

    private static int scrolled(int lines) {
        return Math.max(0, lines - ROWS) * ROW;
    }

    private static String percent(long atMs, long lastsMs) {
        return String.format(Locale.ROOT, "%.2f%%", 100.0 * atMs / lastsMs);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
