//! The bytes of a subject as one run, and the slabs that parts of it are read by.

use std::sync::Arc;

use hutch_model::{Dataset, Slab};

use crate::Subject;

/// Where bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What the file has of each element, filters undone.
    Stored,
    /// Samples as they were read, in the order of this machine.
    Samples,
}

/// All bytes of a dataset, slowest axis first, one behind another.
#[derive(Clone, Debug)]
pub(crate) struct Bytes {
    /// What slabs are asked of.
    pub(crate) dataset: Arc<dyn Dataset>,
    pub(crate) kind: Kind,
    /// Bytes of one element of the dataset that a person sees.
    pub(crate) element: u64,
    /// Shape of that dataset.
    pub(crate) elements: Vec<u64>,
    /// How many bytes there are.
    pub(crate) total: u64,
    /// Bytes of one sample of `dataset`.
    width: u64,
}

/// A part of the bytes that is read in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) slab: Slab,
    /// The first byte, and how many there are.
    pub(crate) start: u64,
    pub(crate) length: u64,
}

impl Bytes {
    /// The bytes of a note, or of a dataset; none where it has none, or more than 64 bits can count.
    pub(crate) fn of(subject: &Subject) -> Option<Self> {
        let note = subject.note.as_ref().and_then(|note| note.data.as_ref());
        Self::of_dataset(note.or(subject.dataset.as_ref())?)
    }

    pub(crate) fn of_dataset(dataset: &Arc<dyn Dataset>) -> Option<Self> {
        let info = dataset.info();
        if info.unreadable.is_some() {
            return None;
        }
        let (bytes, kind, width) = match (dataset.stored_bytes(), info.element.size_bytes()) {
            (Some(bytes), _) => (bytes, Kind::Stored, 1),
            (None, Some(width)) => (Arc::clone(dataset), Kind::Samples, width as u64),
            (None, None) => return None,
        };
        let axes = &bytes.info().shape;
        let total = axes
            .iter()
            .try_fold(width, |product, &size| product.checked_mul(size))?;
        let element = match kind {
            Kind::Stored => axes.last().copied().unwrap_or(1),
            Kind::Samples => width,
        };
        Some(Self {
            elements: info.shape.clone(),
            dataset: bytes,
            kind,
            element,
            total,
            width,
        })
    }

    /// The piece that holds a byte: whole rows of the slowest axis of which one place takes no more than
    /// `most` bytes. None beyond the end.
    pub(crate) fn piece(&self, byte: u64, most: u64) -> Option<Piece> {
        if byte >= self.total {
            return None;
        }
        let shape = &self.dataset.info().shape;
        let mut slab = Slab::whole(shape);
        // Bytes of one place along an axis; products of sizes cannot overflow where the total does not.
        let place = |axis: usize| shape[axis + 1..].iter().product::<u64>() * self.width;
        let Some(axis) = (0..shape.len()).find(|&axis| place(axis) <= most.max(self.width)) else {
            return Some(Piece {
                slab,
                start: 0,
                length: self.total,
            });
        };
        let step = place(axis);
        let count = (most / step).clamp(1, shape[axis]);
        let first = byte / step % shape[axis] / count * count;
        slab.start[axis] = first;
        slab.count[axis] = count.min(shape[axis] - first);
        let mut outer = byte / step / shape[axis];
        let start = (outer * shape[axis] + first) * step;
        for slow in (0..axis).rev() {
            slab.start[slow] = outer % shape[slow];
            slab.count[slow] = 1;
            outer /= shape[slow];
        }
        let length = slab.count[axis] * step;
        Some(Piece {
            slab,
            start,
            length,
        })
    }

    /// The indices of the element that a byte belongs to.
    pub(crate) fn index(&self, byte: u64) -> Vec<u64> {
        let mut rest = byte / self.element.max(1);
        let mut index = vec![0; self.elements.len()];
        for (place, &size) in index.iter_mut().zip(&self.elements).rev() {
            *place = rest % size.max(1);
            rest /= size.max(1);
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use hutch_model::{
        BoxFuture, Cancel, DatasetInfo, ElementType, EncodedSlab, Error, ErrorKind, Origin, Result,
        Validator,
    };

    use super::*;

    #[derive(Debug)]
    struct ShapeOnly(DatasetInfo, Origin);

    impl Dataset for ShapeOnly {
        fn info(&self) -> &DatasetInfo {
            &self.0
        }

        fn origin(&self) -> &Origin {
            &self.1
        }

        fn fetch<'a>(&'a self, _: &'a Slab, _: &'a Cancel) -> BoxFuture<'a, Result<EncodedSlab>> {
            Box::pin(async { Err(Error::new(ErrorKind::Internal, "read", "there is nothing")) })
        }

        fn decode(&self, _: &EncodedSlab) -> Result<hutch_model::Block> {
            Err(Error::new(
                ErrorKind::Internal,
                "decode",
                "there is nothing",
            ))
        }
    }

    fn bytes(shape: &[u64], element: ElementType) -> Option<Bytes> {
        let info = DatasetInfo {
            shape: shape.to_vec(),
            element,
            stored: String::new(),
            chunk_shape: None,
            filters: Vec::new(),
            layout: String::new(),
            size_bytes: None,
            unreadable: None,
        };
        let origin = Origin {
            url: "memory:bytes".to_owned(),
            validator: Validator::Fixed,
            path: "/bytes".to_owned(),
        };
        let dataset: Arc<dyn Dataset> = Arc::new(ShapeOnly(info, origin));
        Bytes::of_dataset(&dataset)
    }

    #[test]
    fn pieces_follow_one_another_and_leave_nothing_out() {
        let shapes: [&[u64]; 6] = [&[], &[1], &[5], &[3, 4, 5], &[2, 1, 7], &[1000, 3]];
        for shape in shapes {
            for most in [1, 4, 16, 100, 1 << 20] {
                let bytes = bytes(shape, ElementType::U32).expect("numbers have bytes");
                let mut at = 0;
                while let Some(piece) = bytes.piece(at, most) {
                    assert_eq!(piece.start, at, "{shape:?} by {most}");
                    let count = piece.slab.element_count().expect("few");
                    assert_eq!(piece.length, count * 4, "{shape:?} by {most}");
                    assert!(piece.slab.fits(shape), "{shape:?} by {most}");
                    assert!(piece.length <= most.max(4), "{shape:?} by {most}");
                    assert_eq!(
                        bytes.piece(at + piece.length - 1, most),
                        Some(piece.clone())
                    );
                    at += piece.length;
                }
                assert_eq!(at, bytes.total, "all of {shape:?}");
            }
        }
    }

    #[test]
    fn datasets_without_elements_have_no_piece_and_vast_ones_are_refused() {
        let empty = bytes(&[3, 0, 5], ElementType::U16).expect("numbers");
        assert_eq!((empty.total, empty.piece(0, 16)), (0, None));
        assert!(bytes(&[1 << 40, 1 << 40], ElementType::U8).is_none());
        let vast = bytes(&[1 << 40, 1 << 20], ElementType::U8).expect("it can be counted");
        let last = vast.piece(vast.total - 1, 1 << 16).expect("its last piece");
        assert_eq!(last.start + last.length, 1 << 60);
        assert_eq!(vast.index(vast.total - 1), [(1 << 40) - 1, (1 << 20) - 1]);
    }
}
