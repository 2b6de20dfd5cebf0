//! A report as a QR code, for a camera.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// Size of the drawing, pixels; it scales.
const SIDE: u32 = 320;

/// The code as SVG; `None` if the text is too long for one.
#[must_use]
pub fn qr_svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::L).ok()?;
    let drawing = code
        .render::<svg::Color<'_>>()
        .min_dimensions(SIDE, SIDE)
        .dark_color(svg::Color("#000"))
        .light_color(svg::Color("#fff"))
        .build();
    // Inside a page there is no XML declaration.
    drawing.find("<svg").map(|start| drawing[start..].to_owned())
}

#[cfg(test)]
mod tests {
    use super::qr_svg;

    #[test]
    fn a_report_fits_and_a_book_does_not() {
        let drawn = qr_svg(&"x".repeat(900)).unwrap();
        assert!(drawn.starts_with("<svg") && !drawn.contains("style="));
        assert_eq!(qr_svg(&"x".repeat(4000)), None);
    }
}
