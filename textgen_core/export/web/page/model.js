// A model's file, which textgen_core/model/checkpoint.py writes: the safetensors format.

const KINDS = {
  F32: Float32Array, F16: Uint16Array, I8: Int8Array, U8: Uint8Array,
  U16: Uint16Array, U32: Uint32Array,
};

/**
 * Read a model.
 * @param {ArrayBuffer} buffer the file
 * @returns {{entry: function(string): any, tensor: function(string): any}}
 */
export function modelFile(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const metadata = header.__metadata__;
  return {
    /** Return an entry of what the file says of itself, undefined if it has none. */
    entry: (name) => (metadata[name] === undefined ? undefined : JSON.parse(metadata[name])),
    /** Return a tensor; half precision as float32. */
    tensor(name) {
      if (!Object.hasOwn(header, name)) return undefined;
      const { dtype, data_offsets: [first, last] } = header[name];
      const values = new KINDS[dtype](buffer.slice(8 + length + first, 8 + length + last));
      return dtype === "F16" ? Float32Array.from(values, fromHalf) : values;
    },
  };
}

/** Return the number that 16 bits stand for in half precision (IEEE 754). */
function fromHalf(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
  return bits & 0x8000 ? -size : size;
}
