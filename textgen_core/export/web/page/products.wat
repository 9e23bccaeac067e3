;; Products of a matrix in 8 bits with a row of whole numbers, as kernels/int8_matmul.py has them.
;;
;; A tile is 16 columns. For two rows of the matrix, a pair, its weights lie side by side:
;; (tiles, pairs, 16 columns, 2 rows) of 8 bits. The row of x has 16 bits a number, two a pair.
(module
  (import "page" "memory" (memory 1))
  (func (export "multiply")
    (param $x i32)      ;; address of the row, int16
    (param $w i32)      ;; address of the matrix, int8
    (param $scale i32)  ;; address of a float32 for each column
    (param $z i32)      ;; address of the float32 of each column that the products are added to
    (param $unit f32)   ;; what the row's whole numbers are multiples of
    (param $pairs i32)  ;; 1 or more
    (param $tiles i32)  ;; 1 or more
    (local $pair v128) (local $at i32) (local $left i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    loop $tile
      (local.set $a (v128.const i32x4 0 0 0 0))
      (local.set $b (local.get $a))
      (local.set $c (local.get $a))
      (local.set $d (local.get $a))
      (local.set $at (local.get $x))
      (local.set $left (local.get $pairs))
      loop $step
        (local.set $pair (v128.load32_splat (local.get $at)))
        (local.set $a (i32x4.add (local.get $a)
          (i32x4.dot_i16x8_s (local.get $pair) (v128.load8x8_s (local.get $w)))))
        (local.set $b (i32x4.add (local.get $b)
          (i32x4.dot_i16x8_s (local.get $pair) (v128.load8x8_s offset=8 (local.get $w)))))
        (local.set $c (i32x4.add (local.get $c)
          (i32x4.dot_i16x8_s (local.get $pair) (v128.load8x8_s offset=16 (local.get $w)))))
        (local.set $d (i32x4.add (local.get $d)
          (i32x4.dot_i16x8_s (local.get $pair) (v128.load8x8_s offset=24 (local.get $w)))))
        (local.set $w (i32.add (local.get $w) (i32.const 32)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br_if $step (local.tee $left (i32.sub (local.get $left) (i32.const 1))))
      end
      ;; z += sum * (scale * unit), each rounded by itself
      (local.set $pair (f32x4.splat (local.get $unit)))
      (v128.store (local.get $z) (f32x4.add (v128.load (local.get $z))
        (f32x4.mul (f32x4.convert_i32x4_s (local.get $a))
          (f32x4.mul (v128.load (local.get $scale)) (local.get $pair)))))
      (v128.store offset=16 (local.get $z) (f32x4.add (v128.load offset=16 (local.get $z))
        (f32x4.mul (f32x4.convert_i32x4_s (local.get $b))
          (f32x4.mul (v128.load offset=16 (local.get $scale)) (local.get $pair)))))
      (v128.store offset=32 (local.get $z) (f32x4.add (v128.load offset=32 (local.get $z))
        (f32x4.mul (f32x4.convert_i32x4_s (local.get $c))
          (f32x4.mul (v128.load offset=32 (local.get $scale)) (local.get $pair)))))
      (v128.store offset=48 (local.get $z) (f32x4.add (v128.load offset=48 (local.get $z))
        (f32x4.mul (f32x4.convert_i32x4_s (local.get $d))
          (f32x4.mul (v128.load offset=48 (local.get $scale)) (local.get $pair)))))
      (local.set $scale (i32.add (local.get $scale) (i32.const 64)))
      (local.set $z (i32.add (local.get $z) (i32.const 64)))
      (br_if $tile (local.tee $tiles (i32.sub (local.get $tiles) (i32.const 1))))
    end))
