"""Small samples that the literature has published, for comparisons with other programs."""

#: Yields of dyestuff from six batches, five samples each (O. L. Davies, 1947; in R: lme4).
DYESTUFF = {
    "A": [1545, 1440, 1440, 1520, 1580],
    "B": [1540, 1555, 1490, 1560, 1495],
    "C": [1595, 1550, 1605, 1510, 1560],
    "D": [1445, 1440, 1595, 1465, 1545],
    "E": [1595, 1630, 1515, 1635, 1625],
    "F": [1520, 1455, 1450, 1480, 1445],
}
#: Hectares of corn in 36 areas of 12 counties of Iowa (G. E. Battese, R. M. Harter and W. A.
#: Fuller, JASA 83 (1988), who leave out one of 37 as an error).
CORN = {
    1: [165.76],
    2: [96.32],
    3: [76.08],
    4: [185.35, 116.43],
    5: [162.08, 152.04, 161.75],
    6: [92.88, 149.94, 64.75],
    7: [127.07, 133.55, 77.70],
    8: [206.39, 108.33, 118.17],
    9: [99.96, 140.43, 98.95, 131.04],
    10: [114.12, 100.60, 127.88, 116.90, 87.41],
    11: [93.48, 121.00, 109.91, 122.66, 104.21],
    12: [88.59, 165.35, 104.00, 88.63, 153.70],
}
#: Days that 90 women with lung cancer were followed, by hospital; negative: alive on that day
#: (C. L. Loprinzi et al., J. Clin. Oncology 12 (1994); in R: survival).
LUNG = {
    1: [61, 62, 122, 145, -252, -276, 345, -376, -559, -588, 705, 731],
    2: [-175, 285, 348],
    3: [166, 201, -202, 305, 351, 550, 687, 735],
    4: [293],
    5: [5, -224, -315, -821],
    6: [81, 363, 450, 524],
    7: [95, -269, 310],
    10: [245, 268, 433],
    11: [60, -92, 153, 194, -203, -211, 361, 728],
    12: [145, -292, -332, 371, 426, 473, 520, -543],
    13: [186, -192, 239, -296, 340, -511, -740],
    15: [79, -965],
    16: [107, 182, 208, -266, 350, -382, -551, 654],
    21: [167, 201, 226],
    22: [-177, 444, -511, 641, 765],
    26: [199, -235, -356, -364, -529],
    32: [-105, -240, -243, -272, -384],
    33: [-173],
}
#: Weeks in remission of 21 children with leukaemia under 6-MP, and of 21 without; negative: still
#: in remission (E. J. Freireich et al., Blood 21 (1963); E. A. Gehan, Biometrika 52 (1965)).
LEUKAEMIA = {
    "6-MP": [
        6,
        6,
        6,
        -6,
        7,
        -9,
        10,
        -10,
        -11,
        13,
        16,
        -17,
        -19,
        -20,
        22,
        23,
        -25,
        -32,
        -32,
        -34,
        -35,
    ],
    "placebo": [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23],
}
#: Days that 26 women with ovarian cancer were followed; negative: alive on that day (J. H. Edmunson
#: et al., Cancer Treatment Reports 63 (1979); in R: survival).
OVARIAN = [59, 115, 156, -421, 431, -448, 464, 475, -477, 563, 638, -744, -769, -770, -803, -855]
OVARIAN += [-1040, -1106, -1129, -1206, -1227, 268, 329, 353, 365, -377]
#: Insects on twelve plots under spray A and C (G. Beall, Biometrika 32 (1942)), and breaks of a
#: thread on nine looms (L. H. C. Tippett, 1950): counts that differ more than by chance (in R:
#: InsectSprays, warpbreaks).
COUNTS = {
    "spray A": [10, 7, 20, 14, 14, 12, 10, 23, 17, 20, 14, 13],
    "spray C": [0, 1, 7, 2, 3, 1, 2, 1, 3, 0, 1, 4],
    "warp breaks": [26, 30, 54, 25, 70, 52, 51, 26, 67],
}
