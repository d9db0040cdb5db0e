"""Charts as SVG, drawn while a page is made: a reader needs no script and no network."""

from datetime import date

from markupsafe import Markup

RECEIVED = "Tiếp nhận"
SETTLED = "Đã giải quyết"


def received_and_settled(series: list[tuple[date, int, int]]) -> Markup:
    """Two bars a month. Told apart by place, colour and the legend; empty where there is no month."""
    if not series:
        return Markup("")
    import altair as alt

    months = [f"{month.month}/{month.year}" for month, _, _ in series]
    rows = [
        {"tháng": label, "loại": kind, "số hồ sơ": count}
        for label, (_, received, settled) in zip(months, series, strict=True)
        for kind, count in ((RECEIVED, received), (SETTLED, settled))
    ]
    kinds = [RECEIVED, SETTLED]
    chart = (
        alt.Chart(alt.InlineData(values=rows), width=1040, height=300)
        .mark_bar()
        .encode(
            x=alt.X("tháng:N", sort=months, title=None, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("loại:N", sort=kinds),
            y=alt.Y("số hồ sơ:Q", title="số hồ sơ", axis=alt.Axis(format=",d", tickMinStep=1)),
            color=alt.Color(
                "loại:N", sort=kinds, scale=alt.Scale(domain=kinds, range=["#1f5a99", "#d98324"]), legend=alt.Legend(orient="top", title=None)
            ),
        )
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=14, titleFontSize=14, titleFontWeight="normal")
        .configure_legend(labelFontSize=15, symbolSize=160)
        .configure(
            font="system-ui, sans-serif", locale=alt.Locale(number=alt.NumberLocale(decimal=",", thousands=".", grouping=[3], currency=["", " đ"]))
        )
    )
    return Markup(_svg(chart))  # noqa: S704 -- made by Vega, which escapes its texts


def _svg(chart: object) -> str:
    import vl_convert

    svg = vl_convert.vegalite_to_svg(chart.to_dict(), vl_version=_vega_lite_version())  # type: ignore[attr-defined]
    return svg.replace("<svg ", '<svg role="img" aria-label="Hồ sơ tiếp nhận và đã giải quyết theo tháng" ', 1)


def _vega_lite_version() -> str:
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
