package io.chapar.bench.plots;

import java.util.Locale;

/// A picture as SVG: for each figure two bars, the longer of which is as long as there is room, so that what one sees
/// is the ratio. Readable on light and on dark pages, and by a screen reader.
final class Drawing {
    private static final int MARGIN = 16;
    private static final int BARS_WIDTH = 310;
    /// The bars, their figures, and how many times better.
    private static final int RIGHT_OF_WORDS = BARS_WIDTH + 240;
    /// A letter's, on the average of such sentences, with some to spare.
    private static final double LETTER = 6.6;
    private static final int LEAST_LETTERS = 40;
    private static final int BAR = 10;
    private static final int ROW = 34;
    private static final int TOP = 72;
    private static final int FOOT = 34;
    private static final String STYLE = """
            text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
            .title { font-size: 16px; font-weight: 600; }
            .small { font-size: 11px; fill: #59636e; }
            .gain { font-weight: 600; }
            .chapar { fill: #0f766e; }
            .kafka { fill: #9aa4b2; }
            .line { stroke: #d1d9e0; }
            @media (prefers-color-scheme: dark) {
              text { fill: #e6edf3; }
              .small { fill: #9198a1; }
              .chapar { fill: #2dd4bf; }
              .kafka { fill: #6e7681; }
              .line { stroke: #3d444d; }
            }
            """;

    private final StringBuilder svg = new StringBuilder();
    private final Picture picture;
    private final int barsAt;
    private final int width;

    private Drawing(Picture picture) {
        this.picture = picture;
        int letters = picture.rows().stream().mapToInt(row -> row.what().length()).max().orElse(0);
        barsAt = MARGIN + (int) Math.ceil(Math.max(letters, LEAST_LETTERS) * LETTER);
        width = barsAt + RIGHT_OF_WORDS;
    }

    static String of(Picture picture) {
        return new Drawing(picture).svg();
    }

    private String svg() {
        int height = TOP + picture.rows().size() * ROW + FOOT;
        svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"").append(width).append("\" height=\"")
                .append(height).append("\" viewBox=\"0 0 ").append(width).append(' ').append(height)
                .append("\" role=\"img\" aria-labelledby=\"title\">\n");
        svg.append("<title id=\"title\">").append(escaped(picture.title() + ": " + picture.chapar() + " and "
                + picture.kafka())).append("</title>\n<style>\n").append(STYLE).append("</style>\n");
        text("title", MARGIN, 28, picture.title());
        legend();
        int y = TOP;
        for (Picture.Row row : picture.rows()) {
            row(row, y);
            y += ROW;
        }
        text("small", MARGIN, height - 12, picture.footer());
        return svg.append("</svg>\n").toString();
    }

    private void legend() {
        bar("chapar", MARGIN, 44, 12);
        text("", MARGIN + 18, 53, picture.chapar());
        bar("kafka", MARGIN + 180, 44, 12);
        text("", MARGIN + 198, 53, picture.kafka());
        text("small", width - MARGIN - 92, 53, "times better");
    }

    private void row(Picture.Row row, int y) {
        svg.append("<line class=\"line\" x1=\"").append(MARGIN).append("\" x2=\"").append(width - MARGIN)
                .append("\" y1=\"").append(y).append("\" y2=\"").append(y).append("\"/>\n");
        text("", MARGIN, y + 21, row.what());
        one("chapar", row.chapar(), row, y + 5);
        one("kafka", row.kafka(), row, y + 19);
        row.gain().ifPresent(gain -> text("gain", width - MARGIN - 92, y + 21, number(gain)));
    }

    private void one(String system, double value, Picture.Row row, int y) {
        if (Double.isNaN(value)) {
            return;
        }
        int length = Math.max(1, (int) Math.round(value / row.largest() * BARS_WIDTH));
        bar(system, barsAt, y, length);
        text("small", barsAt + length + 5, y + BAR - 1, (number(value) + " " + row.unit()).strip());
    }

    private void bar(String system, int x, int y, int length) {
        svg.append("<rect class=\"").append(system).append("\" x=\"").append(x).append("\" y=\"").append(y)
                .append("\" width=\"").append(length).append("\" height=\"").append(BAR).append("\" rx=\"1\"/>\n");
    }

    private void text(String style, int x, int y, String what) {
        svg.append("<text").append(style.isEmpty() ? "" : " class=\"" + style + "\"").append(" x=\"").append(x)
                .append("\" y=\"").append(y).append("\">").append(escaped(what)).append("</text>\n");
    }

    /// Three digits that count.
    private static String number(double value) {
        String format = value >= 100 ? "%,.0f" : value >= 10 ? "%.1f" : value >= 1 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
