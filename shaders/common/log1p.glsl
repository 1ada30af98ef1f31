/* log(1 + e) for 0 <= e <= 1, with a small relative error for small e too, where log() of the rounded sum
 * would lose every digit. The function takes the first eight terms of atanh's series in log(1 + e) = 2
 * atanh(s), s = e / (2 + e) <= 1/3. The relative error of the terms left out is below s^16 / 17 / (1 - 1/9) <
 * 2e-9. */
float lvk_log1p(float e) {
    const float s = e / (2.0 + e), q = s * s;
    return 2.0 * s *
           (1.0 + q * (1.0 / 3.0 +
                       q * (1.0 / 5.0 +
                            q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q * (1.0 / 13.0 + q * (1.0 / 15.0))))))));
}
