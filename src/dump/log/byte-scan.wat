;; Goes through bytes sixteen at a time: finds where one of a few words of three bytes may stand, and counts line feeds.
;; `npm run generate` makes byte-scan.wasm of it. The words are told to it by tables (see byte-scan.ts): a set of words for each
;; half of each of the three bytes, eight sets in one byte; a word may stand where the six halves have a set in common.
(module
  (memory (export "memory") 2)

  ;; Places of the tables: halves of the first, second and third byte at 0, 32, 64 (lower half, then upper); then, at 128, hashes of the words.
  ;; Whether the three bytes at a place have the hash of a word, and are not what stands in nearly every line: `INFO`, `loss 2.31`.
  (func $isWord (param $at i32) (result i32)
    (local $three i32)
    (local $stop i32)
    (local $byte i32)
    (local.set $three (i32.and (i32.load (local.get $at)) (i32.const 0xffffff)))
    (if (i32.eqz (i32.load8_u offset=128
          (i32.shr_u (i32.mul (local.get $three) (i32.const 0x9e3779b1)) (i32.const 20))))
      (then (return (i32.const 0))))
    ;; "INF" is a word, "INFO" is none.
    (if (i32.eq (i32.load (local.get $at)) (i32.const 0x4f464e49))
      (then (return (i32.const 0))))
    ;; "oss", and behind it at most four bytes that are neither letter nor digit, then anything but a zero.
    (if (i32.eq (local.get $three) (i32.const 0x73736f))
      (then
        (local.set $at (i32.add (local.get $at) (i32.const 3)))
        (local.set $stop (i32.add (local.get $at) (i32.const 4)))
        (loop $next
          (local.set $byte (i32.load8_u (local.get $at)))
          (if (i32.and
                (i32.lt_u (local.get $at) (local.get $stop))
                (i32.or (i32.lt_u (local.get $byte) (i32.const 48)) (i32.eq (local.get $byte) (i32.const 58))))
            (then
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br $next))))
        (return (i32.eq (local.get $byte) (i32.const 48)))))
    (i32.const 1))

  ;; The first place from $from on, and before $to, where a word may begin; -1 where there is none.
  ;; Up to 24 bytes behind $to are read, and nothing is made of them.
  (func (export "find") (param $from i32) (param $to i32) (result i32)
    (local $mask i32)
    (local $at i32)
    (local $bytes v128)
    (local $sets v128)
    (local $fifteen v128)
    (local $firstLower v128)
    (local $firstUpper v128)
    (local $secondLower v128)
    (local $secondUpper v128)
    (local $thirdLower v128)
    (local $thirdUpper v128)
    (local.set $fifteen (i8x16.splat (i32.const 15)))
    (local.set $firstLower (v128.load (i32.const 0)))
    (local.set $firstUpper (v128.load (i32.const 16)))
    (local.set $secondLower (v128.load (i32.const 32)))
    (local.set $secondUpper (v128.load (i32.const 48)))
    (local.set $thirdLower (v128.load (i32.const 64)))
    (local.set $thirdUpper (v128.load (i32.const 80)))
    (block $none
      (loop $stretch
        (br_if $none (i32.ge_u (local.get $from) (local.get $to)))
        ;; The sets of words that may stand at each of sixteen places: by the first byte, the second and the third.
        (local.set $bytes (v128.load (local.get $from)))
        (local.set $sets
          (v128.and
            (i8x16.swizzle (local.get $firstLower) (v128.and (local.get $bytes) (local.get $fifteen)))
            (i8x16.swizzle (local.get $firstUpper) (i8x16.shr_u (local.get $bytes) (i32.const 4)))))
        (local.set $bytes (v128.load offset=1 (local.get $from)))
        (local.set $sets
          (v128.and
            (local.get $sets)
            (v128.and
              (i8x16.swizzle (local.get $secondLower) (v128.and (local.get $bytes) (local.get $fifteen)))
              (i8x16.swizzle (local.get $secondUpper) (i8x16.shr_u (local.get $bytes) (i32.const 4))))))
        (local.set $bytes (v128.load offset=2 (local.get $from)))
        (local.set $sets
          (v128.and
            (local.get $sets)
            (v128.and
              (i8x16.swizzle (local.get $thirdLower) (v128.and (local.get $bytes) (local.get $fifteen)))
              (i8x16.swizzle (local.get $thirdUpper) (i8x16.shr_u (local.get $bytes) (i32.const 4))))))
        (local.set $mask
          (i32.xor (i32.const 0xffff) (i8x16.bitmask (i8x16.eq (local.get $sets) (v128.const i32x4 0 0 0 0)))))
        (loop $candidate
          (if (local.get $mask)
            (then
              (local.set $at (i32.add (local.get $from) (i32.ctz (local.get $mask))))
              (br_if $none (i32.ge_u (i32.add (local.get $at) (i32.const 2)) (local.get $to)))
              (if (call $isWord (local.get $at))
                (then (return (local.get $at))))
              (local.set $mask (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
              (br $candidate))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $stretch)))
    (i32.const -1))

  ;; How many line feeds there are from $from on and before $to.
  (func (export "countFeeds") (param $from i32) (param $to i32) (result i32)
    (local $count i32)
    (block $rest
      (loop $stretch
        (br_if $rest (i32.gt_u (i32.add (local.get $from) (i32.const 16)) (local.get $to)))
        (local.set $count
          (i32.add
            (local.get $count)
            (i32.popcnt
              (i8x16.bitmask (i8x16.eq (v128.load (local.get $from)) (i8x16.splat (i32.const 10)))))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $stretch)))
    (block $end
      (loop $byte
        (br_if $end (i32.ge_u (local.get $from) (local.get $to)))
        (local.set $count
          (i32.add (local.get $count) (i32.eq (i32.load8_u (local.get $from)) (i32.const 10))))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (br $byte)))
    (local.get $count)))
