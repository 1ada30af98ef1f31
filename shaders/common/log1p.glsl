/* log(1 + e) for 0 <= e <= 1, close in relative terms for small e too, where log() of the rounded sum would lose every digit:
 * log(1 + e) = 2 atanh(s) with s = e / (2 + e) <= 1/3, by the first eight terms of atanh's series. What is left out is less
 * than s^16 / 17 / (1 - 1/9) < 2e-9 of the result. */
float lvk_log1p(float e) {
    const float s = e / (2.0 + e), q = s * s;
    return 2.0 * s *
           (1.0 + q * (1.0 / 3.0 +
                       q * (1.0 / 5.0 +
                            q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q * (1.0 / 13.0 + q * (1.0 / 15.0))))))));
}
