// Counts the samples of a frame by their ordered keys: by 16 bits of the key, or by bins whose first keys are given.
// Input: a run of texels in a texture array whose first are the samples, a mask of the same layout, `first_keys`.
// Output: `counts`, added to what is there. Samples that are masked or have no valid key are not counted.
// Put behind this one: the file shared/samples_*.wgsl for the type of the samples, and shared/fold.wgsl.
// Twin on the CPU: viewers/render/src/frame.rs.

struct Tally {
    sentinels: vec4u,       // their keys
    sentinel_count: u32,
    lowest: u32,            // the smallest and the largest key of a valid sample
    highest: u32,
    sample_count: u32,
    layer_shift: u32,       // log2 of texels in a layer
    key_bits: u32,
    has_mask: u32,
    shift: u32,             // bits of the key below the digit
    prefix: u32,            // the digits above it, of all that count
    nearest: u32,           // the first of the buckets that each workgroup counts by itself
    bin_edges: u32,         // how many first keys there are; 0 counts digits
    component: u32,         // of complex numbers; they are counted on the processor
}

@group(0) @binding(0) var<uniform> frame: Tally;
@group(0) @binding(2) var mask: texture_2d_array<u32>;
@group(0) @binding(3) var<storage, read> first_keys: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<atomic<u32>>;

const LANES: u32 = 256u;
const SAMPLES_OF_A_LANE: u32 = 32u;
// Counters of a workgroup: samples of one frame are often near each other, and all would wait for few counters.
const NEAR: u32 = 2048u;
const NONE: u32 = 0xffffffffu;

var<workgroup> near: array<atomic<u32>, NEAR>;

fn is_valid(key: u32) -> bool {
    return key >= frame.lowest && key <= frame.highest
        && !(frame.sentinel_count > 0u && key == frame.sentinels.x)
        && !(frame.sentinel_count > 1u && key == frame.sentinels.y)
        && !(frame.sentinel_count > 2u && key == frame.sentinels.z)
        && !(frame.sentinel_count > 3u && key == frame.sentinels.w);
}

// How many of the first keys are not above a key: 0 below the first bin.
fn bin_of(key: u32) -> u32 {
    var low = 0u;
    var high = frame.bin_edges;
    while (low < high) {
        let middle = (low + high) / 2u;
        if (first_keys[middle] <= key) { low = middle + 1u; } else { high = middle; }
    }
    return low;
}

fn bucket_of(index: u32) -> u32 {
    let place = place_in_fold(index, frame.layer_shift);
    if (frame.has_mask != 0u && textureLoad(mask, vec2i(place.xy), i32(place.z), 0).r != 0u) { return NONE; }
    let key = key_of(read_sample(place), frame.key_bits);
    if (!is_valid(key)) { return NONE; }
    if (frame.bin_edges > 0u) { return bin_of(key); }
    let digits = key >> frame.shift;
    return select(NONE, digits & 0xffffu, digits >> 16u == frame.prefix);
}

fn add(bucket: u32, count: u32) {
    if (bucket == NONE || count == 0u) { return; }
    let place = bucket - frame.nearest;
    if (place < NEAR) { atomicAdd(&near[place], count); } else { atomicAdd(&counts[bucket], count); }
}

@compute @workgroup_size(256)
fn cs_tally(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let first = group.x * LANES * SAMPLES_OF_A_LANE + lane;
    // Neighbours in time often fall into the same bucket, and are added at once.
    var bucket = NONE;
    var count = 0u;
    for (var step = 0u; step < SAMPLES_OF_A_LANE; step++) {
        let index = first + step * LANES;
        if (index >= frame.sample_count) { break; }
        let next = bucket_of(index);
        if (next != bucket) {
            add(bucket, count);
            bucket = next;
            count = 0u;
        }
        count++;
    }
    add(bucket, count);

    workgroupBarrier();
    for (var place = lane; place < NEAR; place += LANES) {
        let found = atomicLoad(&near[place]);
        if (found > 0u) { atomicAdd(&counts[frame.nearest + place], found); }
    }
}
