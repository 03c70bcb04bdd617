DISTRIBUTIONS = ("scikit-learn",)
